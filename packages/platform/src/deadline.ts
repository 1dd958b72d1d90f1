import { unavailable } from '@fermata/contracts/problems'
import { Problem } from './problem.ts'

/**
 * No answer takes longer, whatever it waits for: a database that is frozen says nothing, not even
 * that a statement took too long. A caller is promised ten seconds; the rest is for a machine that
 * has much to do: the clock begins when the process comes to a request, and of 250 at once the last
 * were answered two seconds after it ended on two cores, nearly four on busy ones.
 */
export const answer_within_ms = 6000

/** The caller learns of it so much later at most. */
const look_every_ms = 100

const too_late_detail = 'What this needs did not answer in time. It may have been done all the same: ask '
  + 'again, with the same idempotency key if there was one.'

const tooLate = () =>
  new Problem(unavailable, too_late_detail, { headers: { 'retry-after': '2' } })

interface Watched { due_ms: number, tell: (late: Problem) => void }

/** In the order in which they are due: all are given the same time. */
const watched = new Set<Watched>()
let watch: NodeJS.Timeout | undefined

function look (): void {
  const now_ms = performance.now()
  for (const one of watched) {
    if (one.due_ms > now_ms) break
    watched.delete(one)
    one.tell(tooLate())
  }
  if (watched.size > 0) return
  clearInterval(watch)
  watch = undefined
}

/**
 * Tells when an answer is late. One clock looks at all that are under way: a timer for each of ten
 * thousand orders a second cost as much as a check of their contents.
 * @returns to be called when the answer is there
 */
export function watchAnswer (tell: (late: Problem) => void): () => void {
  const one = { due_ms: performance.now() + answer_within_ms, tell }
  watched.add(one)
  watch ??= setInterval(look, look_every_ms).unref()
  return () => { watched.delete(one) }
}

/**
 * The work's outcome, if it comes in time. The work itself goes on.
 * @throws Problem 503 with `retry-after` when it does not
 */
export async function inTime<T> (work: Promise<T>, within_ms = answer_within_ms): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(tooLate())
    }, within_ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
