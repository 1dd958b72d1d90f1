import type { Client } from '@fermata/platform/database'
import type { OpenHold } from '../rules/fair-shares.ts'

/** What networks hold unpaid: counters beside the orders that they sum up. */

/**
 * A key of hexadecimal digits as PostgreSQL reads bytes: making a buffer of it first says the same.
 */
export const byteaOf = (key: string) => `\\x${key}`

/** Keys as they are stored. */
export const bytesOf = (keys: readonly string[]) => keys.map(byteaOf)

/** What these networks hold unpaid of each pool of the event. */
export const findOpenHolds = async (client: Client, event_id: string, networks: string[]) =>
  (await client.query<OpenHold>({
  name: 'orders-find-open-holds',
  text: `
    select encode(h.network, 'hex') as network, d.pool_id, sum(h.tickets)::integer as tickets
      from orders.open_holds h join orders.ticket_type_pools d on d.ticket_type_id = h.ticket_type_id
     where h.event_id = $1 and h.network = any($2::bytea[])
     group by h.network, d.pool_id`,
  values: [event_id, bytesOf(networks)],
})).rows

export interface HoldRow { network: string, ticket_type_id: string, tickets: number }

export const addOpenHolds = (client: Client, event_id: string, rows: HoldRow[]) => client.query({
  name: 'orders-add-open-holds',
  text: `
    insert into orders.open_holds as h (event_id, network, ticket_type_id, tickets)
    select $1, * from unnest($2::bytea[], $3::uuid[], $4::integer[])
    on conflict (event_id, network, ticket_type_id) do update set tickets = h.tickets + excluded.tickets`,
  values: [event_id, bytesOf(rows.map(row => row.network)), rows.map(row => row.ticket_type_id),
    rows.map(row => row.tickets)],
})

/**
 * Takes tickets of orders off their networks' count. `counted` is a table expression of
 * (event_id, network, order_id); an order whose hold was released is not among them, for it was
 * taken off then.
 */
export const offOpenHolds = (counted: string) => `
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
  )`
