import type { Ticket } from '@fermata/contracts/tickets'
import type { TicketRow } from './queries/tickets.ts'

/** A ticket as the API shows it. */
export const presentTicket = (row: TicketRow): Ticket => ({
  id: row.id,
  number: row.number,
  code: row.code,
  status: row.status,
  event_id: row.event_id,
  event_title: row.event.title,
  order_id: row.order_id,
  order_code: row.order_code,
  ticket_type_id: row.ticket_type_id,
  ticket_type_name: row.ticket_type_name,
  user_id: row.user_id,
  holder: { name: row.holder_name, email: row.holder_email },
  price_minor: row.price_minor,
  currency: row.currency,
  event: row.event,
  issued_at: row.issued_at,
  admitted_at: row.admitted_at,
  voided_at: row.voided_at,
})

/** What every event about a ticket says of its order. */
export const orderFactsOf = (row: TicketRow) => ({
  order_id: row.order_id,
  order_code: row.order_code,
  user_id: row.user_id,
  buyer: { name: row.buyer_name, email: row.buyer_email, locale: row.buyer_locale },
  event: row.event,
})

interface Issued {
  id: string, number: string, ticket_type_id: string, ticket_type_name: string
  holder_name: string, holder_email: string, price_minor: number, currency: string
}

/** A ticket as events carry it: without the code, for who reads an event may not enter with it. */
export const issuedTicketOf = (row: Issued) => ({
  id: row.id,
  number: row.number,
  ticket_type_id: row.ticket_type_id,
  ticket_type_name: row.ticket_type_name,
  holder: { name: row.holder_name, email: row.holder_email },
  price_minor: row.price_minor,
  currency: row.currency,
})
