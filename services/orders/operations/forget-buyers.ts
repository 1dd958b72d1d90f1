import { storedAddress } from '@fermata/contracts/mailboxes'
import type { credentialsDeleted } from '@fermata/contracts/auth'
import type { Handler } from '../context.ts'
import { eraseBuyers } from '../queries/orders.ts'

/**
 * A sale is kept, for the law and the organiser's sums, but no longer says who bought. What a guest
 * bought belongs to an address only when that was proven.
 */
export const forgetBuyers: Handler<typeof credentialsDeleted> = async (_ctx, tx, events) => {
  await eraseBuyers(tx, {
    user_ids: events.map(({ data }) => data.user_id),
    emails: events.flatMap(({ data }) => data.email_verified ? [storedAddress(data.email)] : []),
  })
}
