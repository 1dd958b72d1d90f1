import type { Ctx } from '../context.ts'
import { deliveryKey } from '../notify.ts'
import { findForgotten, trimMailbox } from '../queries.ts'

const batch_size = 500
/** Enough to look back over a rehearsal, little enough to stay a toy. */
const mailbox_size = 2000

/** Deliveries whose job died with its process are queued again; the mailbox of the demo is kept small. */
export async function requeueForgotten (ctx: Ctx): Promise<void> {
  const ids = await findForgotten(ctx.db, batch_size)
  if (ids.length > 0) await ctx.transaction(async tx => {
    for (const id of ids) await ctx.addJob(tx, 'deliver', { delivery_id: id }, { key: deliveryKey(id) })
  })
  if (!ctx.resources.sendMail) await trimMailbox(ctx.db, mailbox_size)
}
