import type * as api from '@fermata/contracts/users'
import { personOf } from '@fermata/platform/caller'
import { pageOf, readCursor } from '@fermata/platform/paging'
import type { Operation } from '../context.ts'
import { listPurchases } from '../queries/purchases.ts'

/** What the caller bought, newest first. */
export const listMyPurchases: Operation<typeof api.listMyPurchases> =
  async (ctx, { caller, query }) => {
    const { user_id } = personOf(caller)
    const after = readCursor<{ purchased_at: string, order_id: string }>(
      query.cursor, ['purchased_at', 'order_id'])
    const limit = query.limit ?? 20
    const rows = await listPurchases(ctx.db, { user_id, after, limit: limit + 1 })
    return pageOf(rows, limit, ({ purchased_at, order_id }) => ({ purchased_at, order_id }),
      purchase => purchase)
  }
