import type * as api from '@fermata/contracts/orders'
import { isTraced } from '@fermata/platform/tracing'
import type { Operation } from '../context.ts'
import { findPayable } from '../queries/orders.ts'

/** What the payments service must know to charge orders: one question, however many they are. */
export const getOrdersForPayment: Operation<typeof api.getOrdersForPayment> = async (
  ctx, { body }
) => {
  const items = await findPayable(ctx.db, body.order_ids, ctx.tracing.on)
  if (!ctx.tracing.on) return { items }
  return { items: items.map(({ traced_as, ...order }) =>
    isTraced(traced_as) ? { ...order, traced_as } : order) }
}
