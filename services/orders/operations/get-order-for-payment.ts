import type * as api from '@fermata/contracts/orders'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { presentOrder } from '../present-order.ts'
import { findFacts } from '../queries/events.ts'
import { findOrders } from '../queries/orders.ts'

/** What the payments service must know to charge an order. */
export const getOrderForPayment: Operation<typeof api.getOrderForPayment> = async (
  ctx, { params }
) => {
  const [row] = await findOrders(ctx.db, [params.id])
  const facts = row && (await findFacts(ctx.db, [row.event_id])).get(row.event_id)
  if (!row || !facts) throw new Problem(notFound)
  const { id, code, status, event_id, event_title, total_minor, currency, buyer, user_id,
    expires_at } = presentOrder(row)
  return { id, code, status, event_id, event_title, organizer_id: facts.organizer_id,
    organizer_member_ids: facts.member_ids, total_minor, currency, buyer, user_id, expires_at }
}
