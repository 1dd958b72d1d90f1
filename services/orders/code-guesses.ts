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

/** Requests that wait for others to be looked at; those above come again. */
const max_waiting = 2000

interface Guesses { wrong: Set<string>, until_ms: number }
interface OfNetwork extends Guesses { in_flight: Set<string> }
interface OfEvent extends Guesses { in_flight: number, waiting: (() => void)[] }
interface Begun { of_network: OfNetwork, of_event: OfEvent, added: string[] }

export interface CodeGuesses {
  /**
   * Looks at codes when whatever else is being looked at could be wrong and leave room for them:
   * many right ones that come at once wait for each other, and are not refused.
   * @param areWrong whether what was seen says that the codes were; when nothing was seen, they
   * count as right
   * @throws Problem `orders/too-many-codes`
   */
  look: <T>(
    event_id: string, network: string, codes: readonly string[],
    look: () => T | Promise<T>, areWrong: (seen: T) => boolean
  ) => Promise<T>
}

export function createCodeGuesses (now_ms: () => number = Date.now): CodeGuesses {
  const by_network = new Map<string, OfNetwork>()
  const by_event = new Map<string, OfEvent>()
  let waiting = 0

  function guessesOf<G extends Guesses> (all: Map<string, G>, name: string, begin: () => G): G {
    const known = all.get(name)
    if (known && known.until_ms > now_ms()) return known
    if (all.size >= max_remembered) all.delete(all.keys().next().value!)
    const begun = begin()
    all.delete(name)
    all.set(name, begun)
    return begun
  }

  function refusal (event_id: string, left_s: number): Problem {
    return new Problem(tooManyCodes,
      'Many wrong codes came from your network. Wait, or go on without a code.',
      { extensions: { event_id }, headers: { 'retry-after': String(left_s) } })
  }

  async function begin (
    event_id: string, network: string, codes: readonly string[]
  ): Promise<Begun> {
    for (;;) {
      const begun = () => ({ wrong: new Set<string>(), until_ms: now_ms() + window_ms })
      const of_event = guessesOf(by_event, event_id,
        () => ({ ...begun(), in_flight: 0, waiting: [] }))
      const of_network = guessesOf(by_network, `${event_id} ${network}`,
        () => ({ ...begun(), in_flight: new Set<string>() }))
      const { wrong, in_flight } = of_network
      const added = codes.filter(code => !wrong.has(code) && !in_flight.has(code))
      if (wrong.size + added.length > mostOf(of_event.wrong.size)) {
        throw refusal(event_id, Math.max(1, Math.ceil((of_network.until_ms - now_ms()) / 1000)))
      }
      const most = mostOf(of_event.wrong.size + of_event.in_flight)
      if (wrong.size + in_flight.size + added.length <= most) {
        for (const code of added) in_flight.add(code)
        of_event.in_flight += added.length
        return { of_network, of_event, added }
      }
      if (waiting >= max_waiting) throw refusal(event_id, 1)
      waiting++
      await new Promise<void>(resolve => { of_event.waiting.push(resolve) })
      waiting--
    }
  }

  function end ({ of_network, of_event, added }: Begun, are_wrong: boolean): void {
    for (const code of added) {
      of_network.in_flight.delete(code)
      if (!are_wrong) continue
      of_network.wrong.add(code)
      if (of_event.wrong.size < event_guesses) of_event.wrong.add(code)
    }
    of_event.in_flight -= added.length
    for (const goOn of of_event.waiting.splice(0)) goOn()
  }

  return {
    async look (event_id, network, codes, look, areWrong) {
      const begun = await begin(event_id, network, codes)
      let are_wrong = false
      try {
        const seen = await look()
        are_wrong = areWrong(seen)
        return seen
      } finally {
        end(begun, are_wrong)
      }
    },
  }
}

const mostOf = (guesses_at_event: number) =>
  guesses_at_event < event_guesses ? network_guesses : network_guesses_under_attack
