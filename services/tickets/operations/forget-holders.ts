import { storedAddress } from '@fermata/contracts/mailboxes'
import type { credentialsDeleted } from '@fermata/contracts/auth'
import type { Handler } from '../context.ts'
import { eraseHolders } from '../queries/orders.ts'

/**
 * Tickets stay valid for who carries them, but no longer say whose they were. What a guest bought
 * belongs to an address only when that was proven.
 */
export const forgetHolders: Handler<typeof credentialsDeleted> = async (_ctx, tx, events) => {
  await eraseHolders(tx, {
    user_ids: events.map(({ data }) => data.user_id),
    emails: events.flatMap(({ data }) => data.email_verified ? [storedAddress(data.email)] : []),
  })
}
