import { sql } from '@fermata/platform/sql'

/** What networks hold unpaid: counters beside the orders that they sum up. */

/**
 * A key of hexadecimal digits as PostgreSQL reads bytes: making a buffer of it first says the same.
 */
export const byteaOf = (key: string) => `\\x${key}`

/** Keys as they are stored. */
export const bytesOf = (keys: readonly string[]) => keys.map(byteaOf)

export interface HoldRow { network: string, ticket_type_id: string, tickets: number }

/**
 * Takes tickets of orders off their networks' count. `counted` is a table expression of
 * (event_id, network, order_id); an order whose hold was released is not among them, for it was
 * taken off then.
 */
export const offOpenHolds = (counted: string) => sql.raw(`
  hold_sums as (
    select c.event_id, c.network, i.ticket_type_id, sum(i.quantity)::integer as tickets
      from ${counted} c join orders.order_items i on i.order_id = c.order_id
     where c.network is not null
     group by c.event_id, c.network, i.ticket_type_id
  ), holds_gone as (
    delete from orders.open_holds h using hold_sums s
     where h.event_id = s.event_id and h.network = s.network
       and h.ticket_type_id = s.ticket_type_id and h.tickets <= s.tickets
  ), holds_fewer as (
    update orders.open_holds h set tickets = h.tickets - s.tickets from hold_sums s
     where h.event_id = s.event_id and h.network = s.network
       and h.ticket_type_id = s.ticket_type_id and h.tickets > s.tickets
  )`)
