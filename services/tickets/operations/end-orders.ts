import type { orderGivenUp } from '@fermata/contracts/backups'
import type { DataOf } from '@fermata/contracts/define'
import type { orderCanceled, orderRefunded } from '@fermata/contracts/orders'
import { ticketVoided } from '@fermata/contracts/tickets'
import type { Handler } from '../context.ts'
import { issuedTicketOf, orderFactsOf } from '../presentation.ts'
import { endOrders as markEnded } from '../queries/orders.ts'
import { findTickets, voidTickets } from '../queries/tickets.ts'

type Ending = typeof orderRefunded | typeof orderCanceled | typeof orderGivenUp

/**
 * A refunded or canceled order admits nobody any more, whether its tickets were issued before or
 * the news of its completion is still on the way. Who was admitted already stays admitted.
 */
export const endOrders: Handler<Ending> = async (ctx, tx, events) => {
  const ended = new Map(events.map(event => [event.data.order_id, event]))
  await markEnded(tx, [...ended].map(([id, { data }]) => ({
    id, reason: data.reason, ended_at: endOf(data),
  })))
  const byReason = Map.groupBy([...ended.values()], event => event.data.reason)
  for (const [reason, group] of byReason) {
    const ids = await voidTickets(
      tx, { order_ids: group.map(event => event.data.order_id) }, reason
    )
    const rows = await findTickets(tx, ids)
    await ctx.publish(tx, ticketVoided, rows.map(row => ({
      ...orderFactsOf(row), ticket: issuedTicketOf(row), voided_at: row.voided_at!, reason,
    })), rows.map(row => ended.get(row.order_id)!.request_id))
  }
}

const endOf = (data: DataOf<Ending>) =>
  'refunded_at' in data ? data.refunded_at
    : 'canceled_at' in data ? data.canceled_at : data.given_up_at
