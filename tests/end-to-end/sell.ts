import type { Call } from '@fermata/contracts/client'
import type { AnyRoute, ReplyOf } from '@fermata/contracts/define'
import * as events from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import { login } from '@fermata/contracts/auth'

/**
 * What end-to-end tests do again and again, always through the API and as the people of the demo.
 */

/** The body of a success. @throws with the whole answer otherwise */
export async function must<R extends AnyRoute> (
  answer: Promise<{ ok: true, body: unknown } | { ok: false, status: number, problem: unknown }>,
  _route?: R,
): Promise<ReplyOf<R>> {
  const given = await answer
  if (!given.ok) throw new Error(`${given.status} ${JSON.stringify(given.problem)}`)
  return given.body as ReplyOf<R>
}

export type Account = 'user' | 'eventcreator' | 'operator' | 'admin'

export async function signIn (call: Call, account: Account): Promise<string> {
  const session = await must(
    call(login, { body: { email: `${account}@example.com`, password: 'password' } }),
    login,
  )
  return session.access_token
}

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

/** A published event with one ticket type, on sale. */
export async function putOnSale (
  call: Call,
  type: Partial<orders.NewTicketType> = {},
  title = 'An evening of tests',
): Promise<{ event: events.Event, ticket_type: orders.TicketType }> {
  const event = await must(
    call(events.createEvent, {
      body: {
        title,
        description: 'Made by a test.',
        category: 'talk',
        timezone: 'Europe/Paris',
        currency: 'EUR',
        starts_at: inDays(10),
        ends_at: inDays(10.1),
        venue: { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' },
      },
    }),
    events.createEvent,
  )
  const ticket_type = await must(
    call(orders.createTicketType, {
      body: {
        event_id: event.id,
        name: 'Seat',
        price_minor: 1500,
        currency: 'EUR',
        capacity: 100,
        ...type,
      },
    }),
    orders.createTicketType,
  )
  // Crowds of tests come from one address, and one person of them buys again and again.
  await must(call(orders.setFairShares, { params: { event_id: event.id },
    body: { network_share_percent: 100, max_per_buyer: null } }), orders.setFairShares)
  await must(call(events.publishEvent, { params: { id: event.id } }), events.publishEvent)
  await eventually(async () => {
    const { items } = await must(
      call(orders.listTicketTypes, { query: { event_id: event.id } }),
      orders.listTicketTypes,
    )
    return items[0]?.on_sale === 'open'
  }, 'the box office to open')
  return { event, ticket_type }
}

export const buyer = (name = 'Gil Guest') => ({
  name,
  email: `${name.toLowerCase().replaceAll(' ', '.')}@example.com`,
  locale: 'en' as const,
})

/** Asks again every 50 ms until the answer is neither empty nor false. */
export async function eventually<T> (
  ask: () => Promise<T | undefined | null | false>,
  what: string,
  within_ms = 20_000,
): Promise<T> {
  const deadline = performance.now() + within_ms
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (performance.now() > deadline) throw new Error(`Waited ${within_ms} ms for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
