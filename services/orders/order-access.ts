import { storedAddress } from '@fermata/contracts/mailboxes'
import { notFound } from '@fermata/contracts/problems'
import type { Caller } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import type { OrderRow } from './queries/orders.ts'

/**
 * An order for somebody who may see it: who bought it, signed in or with the order's token or by
 * the verified address it was bought with, or who manages its event. The statement that reads it
 * decides, so that an order of others takes as long as one that is not there.
 * @throws Problem 404 for everybody else, as if there were no such order
 */
export async function requireOrder (
  ctx: Ctx, caller: Caller, id: string
): Promise<{ order: OrderRow, as: 'buyer' | 'organizer' }> {
  const found = await ctx.resources.orders.findOrderFor(ctx.db, id, caller, verifiedEmailOf(caller))
  if (!found) throw new Problem(notFound)
  const { is_buyer, ...order } = found
  return { order, as: is_buyer ? 'buyer' : 'organizer' }
}

/** The address whose owner this person has proven to be; orders of guests belong to it. */
export const verifiedEmailOf = (caller: Caller) =>
  caller.kind === 'user' && caller.email_verified ? storedAddress(caller.email) : null
