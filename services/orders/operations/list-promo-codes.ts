import type * as api from '@fermata/contracts/orders'
import type { Operation } from '../context.ts'
import { requireManagedEvent } from '../managed-event.ts'
import { listCodes } from '../queries/promo-codes.ts'

/** The codes of an event and how much of their budgets is used, for who manages it. */
export const listPromoCodes: Operation<typeof api.listPromoCodes> =
  async (ctx, { query, caller, id }) => {
    await requireManagedEvent(ctx, caller, query.event_id, id)
    return { items: await listCodes(ctx.db, query.event_id), next_cursor: null }
  }
