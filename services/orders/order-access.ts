import { storedAddress } from '@fermata/contracts/mailboxes'
import { notFound } from '@fermata/contracts/problems'
import type { Caller } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import { manages } from './managed-event.ts'
import { findFacts } from './queries/events.ts'
import { findOrders, type OrderRow } from './queries/orders.ts'

/**
 * An order for somebody who may see it: who bought it, signed in or with the order's token or by
 * the verified address it was bought with, or who manages its event.
 * @throws Problem 404 for everybody else, as if there were no such order
 */
export async function requireOrder (
  ctx: Ctx, caller: Caller, id: string
): Promise<{ order: OrderRow, as: 'buyer' | 'organizer' }> {
  const [order] = await findOrders(ctx.db, [id])
  if (order && isBuyer(caller, order)) return { order, as: 'buyer' }
  if (order && caller.kind === 'user') {
    const facts = await findFacts(ctx.db, [order.event_id])
    if (await manages(ctx, caller, facts.get(order.event_id))) return { order, as: 'organizer' }
  }
  throw new Problem(notFound)
}

function isBuyer (caller: Caller, order: OrderRow): boolean {
  if (caller.kind === 'order') return caller.order_id === order.id
  if (caller.kind !== 'user') return false
  return order.user_id === null
    ? verifiedEmailOf(caller) === storedAddress(order.buyer_email)
    : order.user_id === caller.user_id
}

/** The address whose owner this person has proven to be; orders of guests belong to it. */
export const verifiedEmailOf = (caller: Caller) =>
  caller.kind === 'user' && caller.email_verified ? storedAddress(caller.email) : null
