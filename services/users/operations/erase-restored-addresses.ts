import { addressErased } from '@fermata/contracts/users'
import type { copiesRestored } from '@fermata/contracts/backups'
import { subjectOfAddress } from '@fermata/platform/personal-data'
import type { Handler } from '../context.ts'
import { listUnclaimedAddresses } from '../queries/restored.ts'

/**
 * Addresses that a copy brought back though their owners wanted nothing kept: all are told again.
 */
export const eraseRestoredAddresses: Handler<typeof copiesRestored> = async (ctx, tx, events) => {
  const digests = new Set(events.flatMap(({ data }) => data.address_digests))
  if (digests.size === 0) return
  const found = (await listUnclaimedAddresses(tx))
    .filter(address => digests.has(subjectOfAddress(address).toString('hex')))
  const erased_at = new Date().toISOString()
  await ctx.publish(tx, addressErased, found.map(address => ({ address, erased_at })))
}
