import { unavailable } from '@fermata/contracts/problems'
import { Problem } from './problem.ts'

/**
 * No answer takes longer, whatever it waits for: a database that is frozen says nothing, not even
 * that a statement took too long. A caller is promised ten seconds; the rest is for a machine that
 * has much to do.
 */
export const answer_within_ms = 8000

const too_late = 'What this needs did not answer in time. It may have been done all the same: ask '
  + 'again, with the same idempotency key if there was one.'

/**
 * The work's outcome, if it comes in time. The work itself goes on.
 * @throws Problem 503 with `retry-after` when it does not
 */
export async function inTime<T> (work: Promise<T>, within_ms = answer_within_ms): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Problem(unavailable, too_late, { headers: { 'retry-after': '2' } }))
    }, within_ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
