import type { copiesRestored } from '@fermata/contracts/backups'
import type { Handler } from '../context.ts'
import { endOrders } from '../queries/orders.ts'
import { voidTickets } from '../queries/tickets.ts'

const reason = 'ended before a restore'

/**
 * What was refunded, canceled or voided since a copy opens no door after it, whether its tickets
 * are in the copy or the news of its completion is still on the way.
 */
export const voidRestoredTickets: Handler<typeof copiesRestored> = async (ctx, tx, events) => {
  for (const { data } of events) {
    const { order_ids, ticket_ids, restored_at } = data
    await endOrders(tx, order_ids.map(id => ({ id, ended_at: restored_at, reason })))
    const voided = [
      ...await voidTickets(tx, { order_ids }, reason),
      ...await voidTickets(tx, { ids: ticket_ids }, reason),
    ]
    if (voided.length > 0) ctx.log.warn(
      { tickets: voided.length, first: voided.slice(0, 10) }, 'tickets are void after a restore')
  }
}
