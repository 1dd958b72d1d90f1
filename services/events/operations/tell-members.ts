import type { Ctx } from '../context.ts'
import { publishMembers } from '../members.ts'
import { findUntold } from '../queries/members.ts'

const batch_size = 500
/** Half a million organisers. */
const max_batches = 1000

/**
 * Tells of the people of organisers that were made before there was such news. Several processes
 * that start at once share the work.
 */
export async function tellMembers (ctx: Ctx): Promise<void> {
  for (let batch = 0; batch < max_batches; batch++) {
    const found = await ctx.transaction(async tx => {
      const ids = await findUntold(tx, batch_size)
      await publishMembers(ctx, tx, ids, null)
      return ids.length
    })
    if (found < batch_size) return
  }
}
