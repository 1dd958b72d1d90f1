/**
 * Whether a history of calls that overlapped can be told as one after the other: some order of
 * them, in which none stands before one that had ended when it began, and in which each answer is
 * what the model says. The search is that of Wing and Gong with a memory of what was tried (as
 * in Lowe, "Testing for linearizability", 2017), and each event's calls are looked at apart.
 */

/** One call, from before it was sent to after it was answered. */
export interface Call<A> { began: number, ended: number, action: A }

export interface Model<S, A> {
  initial: S
  /** The state after an action with this answer; null where it could not have been given. */
  step: (state: S, action: A) => S | null
  /** Two states with the same key go on alike. */
  keyOf: (state: S) => string
}

/** Steps of one search; a history of thirty calls takes a few thousand. */
const most_steps = 5_000_000

/** @throws when the search becomes too long to be called an answer */
export function isLinearizable<S, A> (
  calls: readonly Call<A>[], { initial, step, keyOf }: Model<S, A>
): boolean {
  if (calls.length > 52) throw new Error('A set of more calls does not fit into a number')
  const tried = new Set<string>()
  let steps = 0

  /** @param done the calls that have been told, as bits of a number */
  function tell (state: S, done: number, left: number): boolean {
    if (left === 0) return true
    if (++steps > most_steps) throw new Error('The history is too long to be searched')
    const key = `${done} ${keyOf(state)}`
    if (tried.has(key)) return false
    tried.add(key)
    const isDone = (index: number) => Math.floor(done / 2 ** index) % 2 === 1
    // Whoever began after another had ended cannot come before it.
    let first_end = Infinity
    calls.forEach(({ ended }, index) => {
      if (!isDone(index)) first_end = Math.min(first_end, ended)
    })
    return calls.some(({ began, action }, index) => {
      if (isDone(index) || began > first_end) return false
      const next = step(state, action)
      return next !== null && tell(next, done + 2 ** index, left - 1)
    })
  }
  return tell(initial, 0, calls.length)
}
