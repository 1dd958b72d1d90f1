import { runScenario, type Outcome } from './scenario.ts'
import type { Broken } from './stock-room.ts'

/** Many seeds, each with its guard and without; what is told of them. */

export interface SeedsPlan { first_seed: number, seeds: number }

export interface Told {
  seeds: number
  attempts: number
  contested: number
  acknowledged: number
  reclaimed: number
  /** Events by their type. */
  events: Record<string, number>
  /** Seeds in which something was sold that was not there, or counters differ from the orders. */
  failed: number[]
  broken: Broken
  control: {
    attempts: number
    /** Seeds in which the control broke each rule, of those that had the rule. */
    broke: Record<keyof Broken, { seeds: number, of: number }>
  }
}

const attempts_per_seed = 1000
/** The control fails long before this. */
const control_attempts = 400

const kinds = ['tickets', 'promo', 'buyer', 'pass'] as const

export const isBroken = ({ broken, disagreements }: Outcome) =>
  disagreements.length > 0 || kinds.some(kind => broken[kind] > 0)

export const runSale = (seed: number) =>
  runScenario(seed, { unguarded: false, attempts_per_seed })
export const runControl = (seed: number) =>
  runScenario(seed, { unguarded: true, attempts_per_seed: control_attempts })

/** @param tell hears of each seed when it is done */
export async function runSeeds (
  { first_seed, seeds }: SeedsPlan, tell: (done: number, told: Told) => void = () => {}
): Promise<Told> {
  const none = () => ({ seeds: 0, of: 0 })
  const told: Told = {
    seeds: 0, attempts: 0, contested: 0, acknowledged: 0, reclaimed: 0, events: {}, failed: [],
    broken: { tickets: 0, promo: 0, buyer: 0, pass: 0 },
    control: {
      attempts: 0, broke: { tickets: none(), promo: none(), buyer: none(), pass: none() },
    },
  }
  for (let seed = first_seed; seed < first_seed + seeds; seed++) {
    const outcome = await runSale(seed)
    told.seeds++
    told.attempts += outcome.attempts
    told.contested += outcome.contested
    told.acknowledged += outcome.acknowledged
    told.reclaimed += outcome.reclaimed
    for (const [type, times] of Object.entries(outcome.told)) {
      told.events[type] = (told.events[type] ?? 0) + times
    }
    if (isBroken(outcome)) told.failed.push(seed)
    for (const kind of kinds) told.broken[kind] += outcome.broken[kind]
    addControl(told.control, await runControl(seed))
    tell(told.seeds, told)
  }
  return told
}

function addControl (control: Told['control'], outcome: Outcome): void {
  control.attempts += outcome.attempts
  for (const kind of kinds) {
    if (kind === 'pass' && !outcome.has_room) continue
    control.broke[kind].of++
    if (outcome.broken[kind] > 0) control.broke[kind].seeds++
  }
}

/** The share of seeds, at most 1, in which the control broke the rule. */
export const shareOf = ({ broke }: Told['control'], kind: keyof Broken) =>
  broke[kind].seeds / Math.max(1, broke[kind].of)
