import { deadlineReached } from '@fermata/contracts/expiration'
import type { Ctx } from '../context.ts'
import { takeDue } from '../queries.ts'

/**
 * Rows in one transaction: 100,000 holds that end together are told of within seconds, in events of
 * bearable size.
 */
const batch_size = 5000

/**
 * Tells of what is due. The deadline and its event commit together, so a kill in between repeats
 * nothing.
 */
export async function publishDue (ctx: Ctx): Promise<void> {
  for (;;) {
    const taken = await ctx.transaction(async tx => {
      const due = await takeDue(tx, batch_size)
      await ctx.publish(tx, deadlineReached, due.map(({ kind, subject_id, due_at, reached_at }) =>
        ({ kind, subject_id, due_at, reached_at: reached_at! })))
      return due.length
    })
    if (taken < batch_size) return
  }
}
