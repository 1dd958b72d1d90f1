import type { Order, OrderStatus } from '@fermata/contracts/orders'
import type { Tx } from '@fermata/platform/database'
import type { Ctx } from './context.ts'
import { presentOrder } from './present-order.ts'
import type { OrderRow } from './queries/orders.ts'
import { mayBecome, stockChange } from './rules/order-states.ts'

/** An order after its change, and when and by which request that was. */
export interface Moved {
  order: Order
  at: string
  payment_id: string | null
  request_id: string | null
}

/**
 * Gives orders a new state and moves their tickets accordingly: the only way an order ever changes.
 * The caller has locked their events and read the rows after that.
 * @throws for a transition that the table of states does not have; callers choose their orders, so
 * that is a bug
 */
export async function moveOrders (
  ctx: Ctx, tx: Tx, rows: OrderRow[], to: OrderStatus,
  payments: ReadonlyMap<string, string> = new Map()
): Promise<Moved[]> {
  if (rows.length === 0) return []
  const changes = rows.map(({ id, status }) => {
    if (!mayBecome(status, to)) throw new Error(`An order that is ${status} cannot become ${to}`)
    return { id, payment_id: payments.get(id) ?? null, ...stockChange(status, to) }
  })
  const changed = new Map((await ctx.resources.orders.changeState(tx, to, changes))
    .map(row => [row.id, row.at]))
  return rows.map(row => {
    const at = changed.get(row.id)!
    const payment_id = payments.get(row.id) ?? row.payment_id
    const order = { ...presentOrder(row), status: to, [`${to}_at`]: at }
    return { order, at, payment_id, request_id: row.request_id }
  })
}
