import type * as api from '@fermata/contracts/orders'
import { getPaidStates, type PaidState } from '@fermata/contracts/payments'
import { notFound } from '@fermata/contracts/problems'
import { isTheirWork } from '@fermata/platform/memberships'
import { Problem } from '@fermata/platform/problem'
import type { Ctx, Operation } from '../context.ts'
import { findFacts } from '../queries/events.ts'
import { findAtDoor } from '../queries/look-up.ts'

const max_found = 20

/** Whoever stands at the door without a ticket hears what has become of the order. */
export const lookUpOrders: Operation<typeof api.lookUpOrders> = async (
  ctx, { body: { event_id, q, order_ids = [] }, caller, id },
) => {
  const facts = (await findFacts(ctx.db, [event_id])).get(event_id)
  if (!facts || !await isTheirWork(ctx.db, 'orders', caller, 'door', facts)) {
    throw new Problem(notFound)
  }
  const rows = await findAtDoor(ctx.db, { event_id, q: q?.trim() ?? null, order_ids }, max_found)
  const payments = await paymentsOf(ctx,
    rows.filter(row => row.total_minor > 0).map(row => row.id), id)
  return { items: rows.map(row => ({
    id: row.id, code: row.code, buyer: { name: row.buyer_name, email: row.buyer_email },
    quantity: row.items.reduce((sum, item) => sum + item.quantity, 0),
    status: row.status, total_minor: row.total_minor, currency: row.currency,
    completed_at: row.completed_at, canceled_at: row.canceled_at, expired_at: row.expired_at,
    payments: payments && (payments.get(row.id) ?? []),
  })) }
}

/** Null where payments does not answer: the door goes on without. */
async function paymentsOf (
  ctx: Ctx, order_ids: string[], request_id: string,
): Promise<Map<string, PaidState[]> | null> {
  if (order_ids.length === 0) return new Map()
  try {
    const { items } = await ctx.call(getPaidStates, { body: { order_ids }, request_id })
    return Map.groupBy(items, item => item.order_id)
  } catch {
    return null
  }
}
