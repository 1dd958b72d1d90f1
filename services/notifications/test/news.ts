import { makeLink, type userRegistered } from '@fermata/contracts/auth'
import type { DataOf } from '@fermata/contracts/define'
import type { EventFacts } from '@fermata/contracts/fields'
import { getMail, listMailbox, listNotifications, type Mail } from '@fermata/contracts/notifications'
import type { orderPlaced } from '@fermata/contracts/orders'
import type { paymentFailed } from '@fermata/contracts/payments'
import {
  getOrderCalendar, getOrderPdf, type ticketResent, type ticketsIssued,
} from '@fermata/contracts/tickets'
import type { settingsChanged } from '@fermata/contracts/users'
import { notFound, unavailable } from '@fermata/contracts/problems'
import { uuidv7 } from '@fermata/platform/ids'
import { Problem } from '@fermata/platform/problem'
import { defineService, route } from '@fermata/platform/service'
import type { TestSystem } from '@fermata/testkit/start'
import type { Ctx } from '../context.ts'

/** The news that other services tell, and readers of what became of it. */

export const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()

/** No two people of a test file share an address, so each reads their own mails only. */
export const newAddress = () => `${uuidv7()}@example.com`

export function event (overrides: Partial<EventFacts> = {}): EventFacts {
  return {
    id: uuidv7(), slug: 'winter-concert', title: 'Winter concert', organizer_id: uuidv7(),
    organizer_name: 'Town choir', starts_at: inHours(100),
    ends_at: inHours(102), timezone: 'Europe/Paris',
    venue: { name: 'Great Hall', address: '1 Square', city: 'Lyon', country: 'FR' },
    category: 'music', currency: 'EUR', image: null, status: 'published', version: 1, ...overrides,
  }
}

type Order = Omit<DataOf<typeof orderPlaced>, 'expires_at'>

export function order (overrides: Partial<Order> = {}): Order {
  return {
    order_id: uuidv7(), code: 'FR7K2M9Q', event_id: uuidv7(), event_title: 'Winter concert',
    buyer: { name: 'Ann Example', email: newAddress(), locale: 'en' }, user_id: null,
    items: [{ ticket_type_id: uuidv7(), name: 'Adult', quantity: 1, unit_price_minor: 1250 }],
    total_minor: 1250, currency: 'EUR', created_at: inHours(0), ...overrides,
  }
}

type Issued = DataOf<typeof ticketsIssued>

export function ticket (overrides: Partial<Issued['tickets'][0]> = {}): Issued['tickets'][0] {
  return {
    id: uuidv7(), number: 'WINTER-000042', ticket_type_id: uuidv7(), ticket_type_name: 'Adult',
    holder: { name: 'Ann Example', email: newAddress() }, price_minor: 1250, currency: 'EUR',
    ...overrides,
  }
}

export function issued (overrides: Partial<Issued> = {}): Issued {
  return {
    order_id: uuidv7(), order_code: 'FR7K2M9Q', user_id: null, event: event(),
    buyer: { name: 'Ann Example', email: newAddress(), locale: 'en' }, tickets: [ticket()],
    issued_at: inHours(0), ...overrides,
  }
}

/** One ticket of an order, as told when it is voided or sent again. */
export function oneOf (
  { order_id, order_code, user_id, event: facts, buyer }: Issued,
): Omit<DataOf<typeof ticketResent>, 'requested_by' | 'requested_at'> {
  return {
    order_id, order_code, user_id, event: facts, buyer,
    ticket: ticket({ holder: { name: buyer.name, email: buyer.email } }),
  }
}

type Payment = Omit<DataOf<typeof paymentFailed>, 'failed_at' | 'failure'>

export function payment (overrides: Partial<Payment> = {}): Payment {
  return {
    payment_id: uuidv7(), order_id: uuidv7(), order_code: 'FR7K2M9Q', event_id: uuidv7(),
    event_title: 'Winter concert', user_id: null, provider: 'simulated', amount_minor: 1250,
    currency: 'EUR', buyer: { name: 'Ann Example', email: newAddress(), locale: 'en' },
    ...overrides,
  }
}

export type Registered = DataOf<typeof userRegistered>

export function person (overrides: Partial<Registered> = {}): Registered {
  return {
    user_id: uuidv7(), email: newAddress(), username: 'Ann', locale: 'en', roles: ['user'],
    registered_at: inHours(0), email_verified: true, ...overrides,
  }
}

type Settings = DataOf<typeof settingsChanged>

export function settings (
  { user_id, email }: Registered, changes: Partial<Settings['settings']> = {},
  phone: string | null = null,
): Settings {
  return {
    user_id, email, phone, changed_at: inHours(0),
    settings: {
      locale: 'en', email_notifications: true, in_app_notifications: true,
      sms_notifications: false, reminders: true, ...changes,
    },
  }
}

/** Publishes through our own outbox, whose relay delivers as any other's would. */
export function publisher (it: TestSystem) {
  const ctx = it.context<Ctx>('notifications')
  return (definition: Parameters<Ctx['publish']>[1], ...data: unknown[]): Promise<void> =>
    ctx.transaction(tx => ctx.publish(tx, definition, data as never))
}

/** Waits until all that was published has been handled and all that is due was sent. */
export function settled (it: TestSystem): Promise<unknown> {
  const { db } = it.context<Ctx>('notifications')
  return it.eventually(async () => {
    const waiting = await db.selectFrom('notifications.outbox').select('id')
      .where('sent_at', 'is', null).limit(1).execute()
    const due = await db.selectFrom('notifications.deliveries').select('id')
      .where('status', 'in', ['pending', 'failed']).limit(1).execute()
    return waiting.length === 0 && due.length === 0
  }, 'all news to be told')
}

/** What somebody got so far, oldest first. */
export async function mailsTo (it: TestSystem, to: string): Promise<Mail[]> {
  await settled(it)
  const { body } = await it.send(listMailbox, { query: { to, limit: 100 } })
  const mails = await Promise.all(body.items.map(({ id }) => it.send(getMail, { params: { id } })))
  return mails.map(mail => mail.body).reverse()
}

/** What somebody sees in the app, oldest first. */
export async function messagesOf (it: TestSystem, user_id: string) {
  await settled(it)
  const token = await it.personToken({ user_id })
  return (await it.send(listNotifications, { token, query: { limit: 100 } })).body.items.reverse()
}

/** Orders of which the tickets service, as a peer, says that it has none, or that it is unwell. */
export const withoutTickets = new Set<string>()
export const unwell = new Set<string>()
/** How many questions about an order it still refuses before it is well again. */
export const unwell_for = new Map<string, number>()
/** The request for whose sake an order's PDF was asked for last. */
export const asked_by = new Map<string, string>()

function check (order_id: string): void {
  const refusals = unwell_for.get(order_id) ?? 0
  unwell_for.set(order_id, refusals - 1)
  if (unwell.has(order_id) || refusals > 0) throw new Problem(unavailable)
  if (withoutTickets.has(order_id)) throw new Problem(notFound)
}

/** The links that auth, as a peer, says have ended; all others have the token `linkToken`. */
export const ended_links = new Set<string>()
/** The token of a link, of which no test needs more than that it is that link's. */
export const linkToken = (link_id: string) => `token-of-${link_id}`

export const authPeer = defineService({
  name: 'auth',
  routes: [
    route(makeLink, async (_ctx, { params }) => {
      if (ended_links.has(params.id)) throw new Problem(notFound)
      return { token: linkToken(params.id) }
    }),
  ],
})

/** The two internal routes of tickets that a mail needs, for orders that were never placed. */
export const ticketsPeer = defineService({
  name: 'tickets',
  routes: [
    route(getOrderPdf, async (_ctx, { params, id }) => {
      check(params.order_id)
      asked_by.set(params.order_id, id)
      return Buffer.from('%PDF-1.7\n%âãÏÓ\n1 0 obj', 'latin1')
    }),
    route(getOrderCalendar, async (_ctx, { params }) => {
      check(params.order_id)
      return 'BEGIN:VCALENDAR\r\nSUMMARY:Fête de l’été\r\nEND:VCALENDAR\r\n'
    }),
  ],
})
