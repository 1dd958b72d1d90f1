import type {
  orderCanceled,
  orderCompleted,
  orderExpired,
  orderPlaced,
} from '@fermata/contracts/orders'
import type { Handler } from '../context.ts'
import { dropDeadlines, insertOwners, setDeadlines } from '../queries.ts'

/** A placed order has until `expires_at` to be paid. */
export const startHolds: Handler<typeof orderPlaced> = async (_ctx, tx, events) => {
  await setDeadlines(tx, 'order_hold',
    events.map(({ data }) => ({ subject_id: data.order_id, due_at: data.expires_at })))
  const owners = events.flatMap(({ data: { order_id, user_id } }) =>
    user_id === null ? [] : { subject_id: order_id, user_id })
  if (owners.length > 0) await insertOwners(tx, owners)
}

/** What is paid, given up or expired before its deadline has no deadline any more. */
export const endHolds: Handler<typeof orderCompleted | typeof orderCanceled | typeof orderExpired> =
  async (_ctx, tx, events) => {
    await dropDeadlines(tx, 'order_hold', events.map(({ data }) => data.order_id))
  }
