import type * as api from '@fermata/contracts/orders'
import type { Operation } from '../context.ts'
import { requireManagedEvent } from '../managed-event.ts'
import { listSharedPools } from '../queries/stock.ts'

/** Shared pools of an event, for who manages it. */
export const listPools: Operation<typeof api.listPools> = async (ctx, { query, caller, id }) => {
  await requireManagedEvent(ctx, caller, query.event_id, id)
  return { items: await listSharedPools(ctx.db, query.event_id), next_cursor: null }
}
