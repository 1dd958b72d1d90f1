import type * as api from '@fermata/contracts/orders'
import type { Operation } from '../context.ts'
import { findEventPool, findTypeSales, type TypeSalesRow } from '../queries/stock.ts'

/** What an event has sold, holds and earned; zeros for one without orders. */
export const getEventSales: Operation<typeof api.getEventSales> = async (
  ctx, { params: { event_id } }
) => {
  const ticket_types = await findTypeSales(ctx.db, event_id)
  const { capacity, held, sold } = await findEventPool(ctx.db, event_id)
  return {
    event_id, held, sold, ticket_types, revenue: revenueOf(ticket_types),
    capacity: capacity ?? ticket_types.reduce((sum, type) => sum + type.capacity, 0),
  }
}

function revenueOf (types: TypeSalesRow[]): { currency: string, amount_minor: number }[] {
  const sums = new Map<string, number>()
  for (const { currency, revenue_minor } of types) {
    sums.set(currency, (sums.get(currency) ?? 0) + revenue_minor)
  }
  return [...sums].filter(([, amount_minor]) => amount_minor > 0)
    .map(([currency, amount_minor]) => ({ currency, amount_minor }))
}
