import { storedAddress } from '@fermata/contracts/mailboxes'
import type { DataOf } from '@fermata/contracts/define'
import { erasedBuyer } from '@fermata/contracts/fields'
import type { orderCanceled, orderCompleted, orderRefunded } from '@fermata/contracts/orders'
import type { Tx } from '@fermata/platform/database'
import type { Handler } from '../context.ts'
import {
  claimPurchases, holdClaims, recordPurchases, type NewPurchase, type PurchaseStatus,
} from '../queries/purchases.ts'

type Order = DataOf<typeof orderCanceled> | DataOf<typeof orderRefunded>

const nowhere = { starts_at: null, timezone: null, city: null }

/** The history gets what was bought; a later state of an order replaces an earlier one. */
export const addPurchases: Handler<typeof orderCompleted> = async (_ctx, tx, events) => {
  await record(tx, events.map(({ data }) => ({
    ...toPurchase(data, 'completed'), starts_at: data.event.starts_at,
    timezone: data.event.timezone, city: data.event.venue.city,
  })))
}

/** The history says that it was canceled. */
export const markCanceled: Handler<typeof orderCanceled> = async (_ctx, tx, events) => {
  await record(tx, events.map(({ data }) => toPurchase(data, 'canceled')))
}

/** The history says that it was refunded. */
export const markRefunded: Handler<typeof orderRefunded> = async (_ctx, tx, events) => {
  await record(tx, events.map(({ data }) => toPurchase(data, 'refunded')))
}

const toPurchase = (
  order: Order | DataOf<typeof orderCompleted>, status: PurchaseStatus,
): NewPurchase => ({
  order_id: order.order_id,
  user_id: order.user_id,
  // Whose user is known needs no address to be found by.
  email: order.user_id === null ? storedAddress(order.buyer.email) : null,
  code: order.code, event_id: order.event_id, event_title: order.event_title, status,
  ticket_count: order.items.reduce((sum, item) => sum + item.quantity, 0),
  total_minor: order.total_minor, currency: order.currency, purchased_at: order.created_at,
  ...nowhere,
})

/** Of somebody who was erased nothing is written down. */
async function record (tx: Tx, all: NewPurchase[]): Promise<void> {
  const purchases = all.filter(({ email }) => email !== erasedBuyer.email)
  await holdClaims(tx)
  await recordPurchases(tx, purchases)
  await claimPurchases(tx, { user_ids: [], order_ids: purchases.map(({ order_id }) => order_id) })
}
