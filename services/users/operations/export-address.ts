import type * as api from '@fermata/contracts/users'
import { reply } from '@fermata/platform/service'
import { addressOf } from '../address-grant.ts'
import { collectRecords } from '../collect-records.ts'
import type { Operation } from '../context.ts'

/** All that any service keeps about an address that belongs to no account. */
export const exportAddress: Operation<typeof api.exportAddress> = async (ctx, { body, id }) => {
  const email = await addressOf(ctx.db, body.grant)
  const records = await collectRecords(ctx, { user_id: null, address: email }, id)
  return reply({ exported_at: new Date().toISOString(), email, records }, { headers: {
    'content-disposition': 'attachment; filename="fermata-my-data.json"',
    'cache-control': 'no-store',
  } })
}
