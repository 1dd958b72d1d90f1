import type { OrderStatus } from '@fermata/contracts/orders'

/** The colour of each state; the word always stands in it too. */
export const orderLooks: Record<OrderStatus, string> = {
  pending: 'badge badge-warm', completed: 'badge badge-good', canceled: 'badge', expired: 'badge', refunded: 'badge badge-bad',
}
