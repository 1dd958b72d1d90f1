import * as events from '@fermata/contracts/events'
import type { Call } from '@fermata/contracts/client'
import * as notifications from '@fermata/contracts/notifications'
import * as orders from '@fermata/contracts/orders'
import * as payments from '@fermata/contracts/payments'
import * as tickets from '@fermata/contracts/tickets'
import * as users from '@fermata/contracts/users'
import { register } from '@fermata/contracts/auth'
import { eventually, must } from '../end-to-end/sell.ts'
import { createFiller } from './payloads.ts'

/** Everything people can write, written with payloads, by the API as the people of the demo. */

export interface People { user: Call, eventcreator: Call, operator: Call, admin: Call }

export interface PayloadSale {
  event: events.Event
  ticket_type: orders.TicketType
  /** Hidden; its access code is a payload. */
  access_code: string
  filler: ReturnType<typeof createFiller>
}

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

/** @param round another one puts other payloads into the same fields */
export async function writePayloads (people: People, round: number): Promise<PayloadSale> {
  const { eventcreator: owner, admin, user } = people
  const filler = createFiller(round)
  const { write } = filler
  const organizer = await must(owner(events.createOrganizer, {
    body: write({ name: 'createOrganizer', ...bodyOf(events.createOrganizer) }, { name: '' }),
  }), events.createOrganizer)
  await must(owner(events.addMember, {
    params: { id: organizer.id }, body: { email: 'operator@example.com', role: 'door' },
  }), events.addMember)
  const event = await must(owner(events.createEvent, {
    body: write({ name: 'createEvent', ...bodyOf(events.createEvent) }, {
      title: '', description: '', category: 'talk' as const, timezone: 'Europe/Paris',
      currency: 'EUR', starts_at: inDays(10), ends_at: inDays(10.1), organizer_id: organizer.id,
      venue: { name: '', address: '', city: '', country: 'FR' },
    }),
  }), events.createEvent)
  const newType = { event_id: event.id, name: '', price_minor: 1500, currency: 'EUR', capacity: 50 }
  const ofType = { name: 'createTicketType', ...bodyOf(orders.createTicketType) }
  const ticket_type = await must(owner(orders.createTicketType, {
    body: write({ ...ofType, without: ['access_code'] }, newType),
  }), orders.createTicketType)
  const hidden = write({ ...ofType, name: 'createTicketType hidden' }, {
    ...newType, access_code: '' })
  await must(owner(orders.createTicketType, { body: hidden }), orders.createTicketType)
  await must(owner(orders.createPool, {
    body: write({ name: 'createPool', ...bodyOf(orders.createPool) },
      { event_id: event.id, name: '', capacity: 10 }),
  }), orders.createPool)
  await must(owner(orders.createPromoCode, {
    body: { event_id: event.id, code: `HIT${round}`, percent: 10 },
  }), orders.createPromoCode)
  await must(user(users.updateMyProfile, {
    body: write({ name: 'updateMyProfile', ...bodyOf(users.updateMyProfile) }, { phone: null }),
  }), users.updateMyProfile)
  await must(user(register, {
    body: write({ name: 'register', ...bodyOf(register) }, {
      email: `script.${round}@example.org`, password: 'a long enough password', username: '' }),
  }), register)
  await must(admin(notifications.sendNotification, {
    body: write({ name: 'sendNotification', ...bodyOf(notifications.sendNotification) }, {
      email: 'user@example.com', title: '', body: '' }),
  }), notifications.sendNotification)
  await must(owner(events.publishEvent, { params: { id: event.id } }), events.publishEvent)
  await eventually(async () => {
    const { items } = await must(owner(orders.listTicketTypes, { query: { event_id: event.id } }),
      orders.listTicketTypes)
    return items[0]?.on_sale === 'open'
  }, 'the box office to open')
  return { event, ticket_type, access_code: hidden.access_code, filler }
}

/** The first ticket is let in by a gate with a payload for its name. */
export async function admitFirst (
  { user, operator }: People, { event, filler }: PayloadSale
): Promise<tickets.Ticket> {
  const [ticket, second] = await eventually(async () => {
    const { items } = await must(user(tickets.listTickets, { query: { event_id: event.id } }),
      tickets.listTickets)
    return items.length === 2 && items
  }, 'the tickets')
  const body = filler.write({ name: 'checkIn', ...bodyOf(tickets.checkIn) },
    { event_id: event.id, code: ticket!.code, gate: '' })
  // The door learns of a ticket a moment after the buyer has it.
  await eventually(async () => (await operator(tickets.checkIn, { body })).ok, 'the door')
  const why = filler.write({ name: 'voidTicket', ...bodyOf(tickets.voidTicket) }, {})
  await must(operator(tickets.voidTicket, { params: { id: second!.id }, body: why }),
    tickets.voidTicket)
  return ticket!
}

/** The buyers are told why, in the organiser's words: of a part of the money, then of the end. */
export async function cancelWithReasons (
  { eventcreator, user }: People, { event, filler }: PayloadSale, order_id: string
): Promise<void> {
  const { items: [payment] } =
    await must(user(payments.listPayments, { query: { order_id } }), payments.listPayments)
  const why = { name: 'refundPayment', ...bodyOf(payments.refundPayment) }
  await must(eventcreator(payments.refundPayment, { params: { id: payment!.id },
    body: filler.write(why, { amount_minor: 100 }) }), payments.refundPayment)
  const end = filler.write({ name: 'cancelEvent', ...bodyOf(events.cancelEvent) }, {})
  await must(eventcreator(events.cancelEvent, { params: { id: event.id }, body: end }),
    events.cancelEvent)
}

const bodyOf = ({ body }: { body?: unknown }) => ({ body: body as object })

/** Bodies with free text that is never shown, or is written above by the same names. */
export const written_elsewhere: Record<string, string> = {
  lookUpOrders: 'is a question, which is asked and not kept',
  updateEvent: 'the columns of createEvent', updateTicketType: 'those of createTicketType',
  updateUser: 'that of updateMyProfile', placeOrder: 'typed into the checkout',
  quoteOrder: 'compared with the code of the hidden ticket type',
  addPasskey: 'a name that a device gives',
}
