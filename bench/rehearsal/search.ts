/** How many buyers a minute are safe: found by adding more until it is too many. */

/** What one number of buyers came to; `faults` is empty when all were served well. */
export interface Trial { per_minute: number, faults: string[] }

export interface Search<T extends Trial> {
  trials: T[]
  /**
   * The highest rate that was served well, and the lowest that was not; null where there was none.
   */
  served: T | null
  broken: T | null
}

export interface SearchPlan {
  first_per_minute: number
  /** Each trial brings so many times the buyers of the one before. */
  growth: number
  most_trials: number
  /** Trials between what was served and what was not, each halving the gap. */
  refinements: number
}

export const usual_search: SearchPlan = {
  first_per_minute: 300, growth: 2, most_trials: 18, refinements: 3,
}

/**
 * Of what was served well at most, this much is called safe: the rest is for what nobody foresees.
 */
export const safe_share = 0.75

const tidy = (per_minute: number) => Math.max(6, Math.round(per_minute / 6) * 6)

/**
 * Tries more and more until a rate fails twice, then narrows the gap. One bad trial is tried again,
 * because a program that starts elsewhere on the machine must not decide.
 * @param isOver true when no time is left for another trial; the first is made all the same
 */
export async function search<T extends Trial> (
  attempt: (per_minute: number) => Promise<T>, isOver: () => boolean, plan = usual_search
): Promise<Search<T>> {
  const trials: T[] = []
  let served: T | null = null
  let broken: T | null = null
  let refined = 0
  let per_minute = plan.first_per_minute
  while (trials.length < plan.most_trials && (trials.length === 0 || !isOver())) {
    let trial = await attempt(tidy(per_minute))
    trials.push(trial)
    if (trial.faults.length > 0 && !isOver()) {
      trial = await attempt(trial.per_minute)
      trials.push(trial)
    }
    if (trial.faults.length === 0) served = trial
    else broken = trial
    if (broken === null) per_minute *= plan.growth
    else if (served === null) {
      if (per_minute <= plan.first_per_minute / 16) break
      per_minute /= 2
    } else if (refined++ === plan.refinements) break
    else per_minute = Math.sqrt(served.per_minute * broken.per_minute)
  }
  return { trials, served, broken }
}

const most_confirmations = 3
const lowered_by = 0.8

/**
 * The forecast, and proof of it: at the safe rate, for longer than a trial, all must be served
 * well; otherwise less is tried, while there is time.
 */
export async function confirm<T extends Trial> (
  served: T, attempt: (per_minute: number) => Promise<T>, isOver: () => boolean
): Promise<{ safe: T | null, attempts: T[] }> {
  const attempts: T[] = []
  let per_minute = served.per_minute * safe_share
  while (attempts.length < most_confirmations && !(attempts.length > 0 && isOver())) {
    const trial = await attempt(tidy(per_minute))
    attempts.push(trial)
    if (trial.faults.length === 0) return { safe: trial, attempts }
    per_minute *= lowered_by
  }
  return { safe: null, attempts }
}
