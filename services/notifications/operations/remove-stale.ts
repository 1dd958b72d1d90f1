import type { Ctx } from '../context.ts'
import { deleteOldDeliveries, emptyDead } from '../queries/deliveries.ts'
import { deleteOldAllowances } from '../queries/mail-allowances.ts'
import { trimMails } from '../queries/mailbox.ts'
import { deleteOldMessages } from '../queries/messages.ts'

/** Long enough for an administrator to mend what is wrong and send again. */
const dead_words_days = 30
/** Long enough to answer "did you mail me?". */
const delivery_days = 90
const message_days = 365
/** Enough to look back over a rehearsal, little enough to stay a toy. */
const mailbox_size = 1000

/** Words, addresses and mails go when nobody needs them any more. */
export async function removeStale (ctx: Ctx): Promise<void> {
  await emptyDead(ctx.db, dead_words_days)
  await deleteOldDeliveries(ctx.db, delivery_days)
  await deleteOldMessages(ctx.db, message_days)
  await deleteOldAllowances(ctx.db)
  await trimMails(ctx.db, ctx.resources.has_mailbox ? mailbox_size : 0)
}
