import { findFacts, lockEvents } from './queries/events.ts'
import {
  findDueEvents, findEventsWithDue, findEventsWithUntold, lockUntold, lockUntoldOf, releaseHolds,
  writeExpired,
} from './queries/expiry.ts'
import { findBeside, findLateBuyers } from './queries/fair-shares.ts'
import {
  changeState, findDraws, findOrders, findRefundedPayments, lockEventsOf, recordRefunds,
} from './queries/orders.ts'
import { findLatePurchases, findPurchasesBeside } from './queries/sale-rules.ts'
import { findOrderFor } from './queries/visible-orders.ts'

/**
 * What is read and written when an order that was placed changes: it is paid, given up or given
 * back, or its hold ends. These are the statements of the product.
 */
export const orderStore = {
  lockEvents, lockEventsOf, findOrders, findOrderFor, findFacts, changeState,
  findDueEvents, findEventsWithDue, findEventsWithUntold, releaseHolds, lockUntold, lockUntoldOf,
  writeExpired, findRefundedPayments, recordRefunds, findDraws, findLatePurchases,
  findPurchasesBeside, findLateBuyers, findBeside,
}

/** Whoever has the same orders can be asked for them the same way. */
export type OrderStore = typeof orderStore
