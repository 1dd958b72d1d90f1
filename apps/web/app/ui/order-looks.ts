import type { OrderLabel } from '../shop/order-situation.ts'

/** The colour of each state; the word always stands in it too. */
export const orderLooks: Record<OrderLabel, string> = {
  pending: 'badge badge-warm', completed: 'badge badge-good', canceled: 'badge', expired: 'badge', refunded: 'badge badge-bad',
  free: 'badge badge-good', paid_late: 'badge badge-good', given_back: 'badge badge-bad', withdrawn: 'badge badge-bad',
}
