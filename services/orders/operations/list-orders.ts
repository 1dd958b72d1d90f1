import type * as api from '@fermata/contracts/orders'
import { personOf } from '@fermata/platform/caller'
import { pageOf, readCursor } from '@fermata/platform/paging'
import type { Operation } from '../context.ts'
import { manages } from '../managed-event.ts'
import { verifiedEmailOf } from '../order-access.ts'
import { presentOrder } from '../present-order.ts'
import { findFacts } from '../queries/events.ts'
import { listNewestFirst } from '../queries/orders.ts'

/** One's own orders; all of an event for who manages it. */
export const listOrders: Operation<typeof api.listOrders> = async (ctx, { query, caller }) => {
  const { event_id = null, status = null } = query
  const limit = query.limit!
  const before = readCursor<{ id: string }>(query.cursor, ['id'])?.id ?? null
  const facts = event_id ? (await findFacts(ctx.db, [event_id])).get(event_id) : undefined
  const owner = facts && await manages(ctx, caller, facts)
    ? null : { user_id: personOf(caller).user_id, email: verifiedEmailOf(caller) }
  const rows = await listNewestFirst(ctx.db, { owner, event_id, status, before, limit: limit + 1 })
  return pageOf(rows, limit, ({ id }) => ({ id }), presentOrder)
}
