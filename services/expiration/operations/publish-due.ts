import { deadlineReached } from '@fermata/contracts/expiration'
import type { Ctx } from '../context.ts'
import { takeDue } from '../queries.ts'

/**
 * Told of in one turn of the timer, so a thousand a second: when very many holds end together, the
 * news of it, and what it sets off, must not slow down who buys at that moment. Nobody waits for
 * it: their tickets are free already.
 */
const batch_size = 500

/**
 * Tells of what is due, soonest first. The deadline and its event commit together, so a kill in
 * between repeats nothing.
 */
export async function publishDue (ctx: Ctx): Promise<void> {
  await ctx.transaction(async tx => {
    const due = await takeDue(tx, batch_size)
    await ctx.publish(tx, deadlineReached, due.map(({ kind, subject_id, due_at, reached_at }) =>
      ({ kind, subject_id, due_at, reached_at: reached_at! })))
  })
}
