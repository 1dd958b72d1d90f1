import { getOrdersForPayment, type OrderForPayment } from '@fermata/contracts/orders'
import { notFound } from '@fermata/contracts/problems'
import { hasRole, type Caller } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import { findPayment, type PaymentRow } from './queries/payments.ts'

/** Who pays or has paid: the bearer of the order's token, or the account the order belongs to. */
export function ownsOrder (caller: Caller, order: { id: string, user_id: string | null }): boolean {
  if (caller.kind === 'order') return caller.order_id === order.id
  return caller.kind === 'user' && order.user_id === caller.user_id
}

/** Owners of the event's organiser may give money back. */
const managesOrder = (caller: Caller, order: OrderForPayment) => caller.kind === 'user' &&
  hasRole(caller, 'event_creator') && order.organizer_owner_ids.includes(caller.user_id)

/**
 * @throws Problem 404 unless the caller is an admin or of the order's organiser, as orders knows
 * them now
 */
export async function requireManager (
  ctx: Ctx, caller: Caller, order_id: string, request_id: string
): Promise<void> {
  if (hasRole(caller, 'admin')) return
  const order = await findOrder(ctx, order_id, request_id)
  if (!order || !managesOrder(caller, order)) throw new Problem(notFound)
}

/**
 * Whether a payment's order is the caller's to see. Orders is asked only where our row does not
 * settle it: a guest's order may have been attached to an account since, and organisers see what
 * they sold.
 */
export async function maySee (
  ctx: Ctx,
  caller: Caller,
  payment: { order_id: string, user_id: string | null },
  request_id: string,
): Promise<boolean> {
  if (hasRole(caller, 'admin')) return true
  if (ownsOrder(caller, { id: payment.order_id, user_id: payment.user_id })) return true
  if (caller.kind !== 'user') return false
  const order = await findOrder(ctx, payment.order_id, request_id)
  return order !== undefined && (ownsOrder(caller, order) || managesOrder(caller, order))
}

/**
 * A payment that is the caller's to see. Orders is asked about one that is not there, too: it takes
 * as long as one of others.
 * @throws Problem 404 for both
 */
export async function visiblePayment (
  ctx: Ctx, caller: Caller, payment_id: string, request_id: string
): Promise<PaymentRow> {
  const row = await findPayment(ctx.db, payment_id)
  const asked = row ?? { order_id: payment_id, user_id: null }
  if (!await maySee(ctx, caller, asked, request_id) || !row) throw new Problem(notFound)
  return row
}

async function findOrder (
  ctx: Ctx, order_id: string, request_id: string
): Promise<OrderForPayment | undefined> {
  const body = { order_ids: [order_id] }
  return (await ctx.call(getOrdersForPayment, { body, request_id })).items[0]
}
