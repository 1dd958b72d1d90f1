import { tooManyCodes } from '@fermata/contracts/orders'
import { Problem } from '@fermata/platform/problem'

/**
 * Promo and access codes are short, so guessing at them has an end: of each network at each event.
 * A code that was wrong counts once, however often it is sent. Kept by each process for itself.
 */

/** As long as wrong codes count. */
const window_ms = 10 * 60_000
/** Wrong codes of one network in that time: many more than a school mistypes. */
export const network_guesses = 60
/** Wrong codes of an event in that time, after which each network has the fewer guesses. */
export const event_guesses = 2000
export const network_guesses_under_attack = 5
/** Networks that are remembered; whoever guessed first is forgotten first. */
const max_remembered = 50_000

interface Wrong { codes: Set<string>, until_ms: number }

export interface CodeGuesses {
  /**
   * Counts codes as wrong until they are known to be right.
   * @returns to be called when they were not wrong
   * @throws Problem `orders/too-many-codes`
   */
  begin: (event_id: string, network: string, codes: readonly string[]) => () => void
}

export function createCodeGuesses (now_ms: () => number = Date.now): CodeGuesses {
  const by_network = new Map<string, Wrong>()
  const by_event = new Map<string, Wrong>()

  function wrongOf (all: Map<string, Wrong>, name: string): Wrong {
    const known = all.get(name)
    if (known && known.until_ms > now_ms()) return known
    if (all.size >= max_remembered) all.delete(all.keys().next().value!)
    const begun = { codes: new Set<string>(), until_ms: now_ms() + window_ms }
    all.delete(name)
    all.set(name, begun)
    return begun
  }

  return {
    begin (event_id, network, codes) {
      const of_event = wrongOf(by_event, event_id)
      const of_network = wrongOf(by_network, `${event_id} ${network}`)
      const most = of_event.codes.size < event_guesses
        ? network_guesses : network_guesses_under_attack
      const added = codes.filter(code => !of_network.codes.has(code))
      if (of_network.codes.size + added.length > most) {
        const left_s = Math.max(1, Math.ceil((of_network.until_ms - now_ms()) / 1000))
        throw new Problem(tooManyCodes,
          'Many wrong codes came from your network. Wait, or go on without a code.',
          { extensions: { event_id }, headers: { 'retry-after': String(left_s) } })
      }
      for (const code of added) {
        of_network.codes.add(code)
        if (of_event.codes.size < event_guesses) of_event.codes.add(code)
      }
      return () => {
        for (const code of added) {
          of_network.codes.delete(code)
          of_event.codes.delete(code)
        }
      }
    },
  }
}
