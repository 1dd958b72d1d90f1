import * as api from '@fermata/contracts/orders'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { moveOrders } from '../move-orders.ts'
import { requireOrder } from '../order-access.ts'
import { factsOf } from '../present-order.ts'

/** Gives up a pending order; its tickets are free at once. */
export const cancelOrder: Operation<typeof api.cancelOrder> = async (
  ctx, { params, caller, id: request_id }
) => {
  // Before the lock, so that strangers cannot hold up a sale.
  const { as } = await requireOrder(ctx, caller, params.id)
  const store = ctx.resources.orders
  return ctx.transaction(async tx => {
    await store.lockEventsOf(tx, [params.id])
    const orders = await store.findOrders(tx, [params.id])
    const order_status = orders[0]!.status
    if (order_status !== 'pending') {
      throw new Problem(api.wrongState, undefined, { extensions: { order_status } })
    }
    const { order, at } = (await moveOrders(ctx, tx, orders, 'canceled'))[0]!
    const reason = as === 'buyer' ? 'buyer' as const : 'organizer' as const
    await ctx.publish(tx, api.orderCanceled, [{ ...factsOf(order), canceled_at: at, reason }],
      request_id)
    return order
  })
}
