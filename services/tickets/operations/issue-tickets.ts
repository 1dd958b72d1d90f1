import type { DataOf } from '@fermata/contracts/define'
import type { orderCompleted } from '@fermata/contracts/orders'
import { ticketsIssued } from '@fermata/contracts/tickets'
import type { Tx } from '@fermata/platform/database'
import { uuidv7 } from '@fermata/platform/ids'
import type { Ctx, Handler } from '../context.ts'
import { newestOfEach } from '../rules/newest.ts'
import { issuedTicketOf } from '../presentation.ts'
import { insertKeys, keepEvents, takeNumbers } from '../queries/events.ts'
import { claimOrders } from '../queries/orders.ts'
import { insertTickets, type NewTicket } from '../queries/tickets.ts'
import { ticketNumber } from '../rules/ticket-number.ts'

type CompletedOrder = DataOf<typeof orderCompleted>

/**
 * One numbered, signed ticket for each seat of a paid order, one set for each order: the order's
 * row is claimed once, and `unique (order_id, position)` has the last word.
 */
export const issueTickets: Handler<typeof orderCompleted> = async (ctx, tx, events) => {
  const completed = new Map(events.map(event => [event.data.order_id, event]))
  const orders = [...completed.values()].map(event => event.data)
  await keepEvents(tx, newestOfEach(orders.map(order => order.event)))
  const claimed = new Set(await claimOrders(tx, orders.map(claimOf)))
  const fresh = orders.filter(order => claimed.has(order.order_id))
  if (fresh.length === 0) return

  const rows = await makeTickets(ctx, tx, fresh)
  const issued_at = await insertTickets(tx, rows)
  const rowsOf = Map.groupBy(rows, row => row.order_id)
  await ctx.publish(tx, ticketsIssued, fresh.map(order => ({
    order_id: order.order_id, order_code: order.code, user_id: order.user_id, buyer: order.buyer,
    event: order.event, issued_at, ...(order.sender && { sender: order.sender }),
    tickets: (rowsOf.get(order.order_id) ?? []).map(issuedTicketOf),
  })), fresh.map(order => completed.get(order.order_id)!.request_id))
}

const claimOf = (order: CompletedOrder) => ({
  id: order.order_id, event_id: order.event.id, code: order.code, user_id: order.user_id,
  buyer_name: order.buyer.name, buyer_email: order.buyer.email, buyer_locale: order.buyer.locale,
})

async function makeTickets (ctx: Ctx, tx: Tx, orders: CompletedOrder[]): Promise<NewTicket[]> {
  const seats = orders.flatMap(seatsOf)
  const byEvent = Map.groupBy(seats, seat => seat.event_id)
  const numbers = new Map((await takeNumbers(tx, [...byEvent].map(([event_id, { length }]) =>
    ({ event_id, count: length })))).map(taken => [taken.event_id, taken]))
  const { keys } = ctx.resources
  await insertKeys(tx, [...byEvent.keys()].map(keys.signingKey))
  return Promise.all(seats.map(async seat => {
    const taken = numbers.get(seat.event_id)!
    const id = uuidv7()
    return {
      ...seat, id, number: ticketNumber(taken.number_prefix, taken.first_number++),
      code: await keys.code(keys.signingKey(seat.event_id), id),
    }
  }))
}

/** The seats of an order in the order of its items, counted from 1. */
function seatsOf (order: CompletedOrder) {
  const seats = order.items.flatMap(item => Array.from({ length: item.quantity }, () => item))
  return seats.map((item, index) => ({
    order_id: order.order_id, position: index + 1, event_id: order.event.id,
    ticket_type_id: item.ticket_type_id, ticket_type_name: item.name,
    holder_name: order.buyer.name, holder_email: order.buyer.email,
    price_minor: item.unit_price_minor, currency: order.currency,
  }))
}
