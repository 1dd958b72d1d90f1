import type { DataOf } from '@fermata/contracts/define'
import type { EventFacts } from '@fermata/contracts/fields'
import { orderCompleted } from '@fermata/contracts/orders'
import { listTickets, type Ticket } from '@fermata/contracts/tickets'
import { uuidv7 } from '@fermata/platform/ids'
import type { TestSystem } from '@fermata/testkit/start'
import type { Ctx } from '../context.ts'

export const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()

/** The only organiser here, unless a test says otherwise: every operator works for it. */
export const town_choir_id = uuidv7()

export function event (overrides: Partial<EventFacts> = {}): EventFacts {
  return {
    id: uuidv7(), slug: 'winter-concert', title: 'Winter concert', organizer_id: town_choir_id,
    organizer_name: 'Town choir', starts_at: inHours(100), ends_at: inHours(102),
    timezone: 'Europe/Paris',
    venue: { name: 'Great Hall', address: '1 Square', city: 'Lyon', country: 'FR' },
    category: 'music', currency: 'EUR', image: null, status: 'published', version: 1, ...overrides,
  }
}

export type Completed = DataOf<typeof orderCompleted>

export function completedOrder (overrides: Partial<Completed> = {}): Completed {
  const facts = overrides.event ?? event()
  return {
    order_id: uuidv7(), code: `FR${uuidv7().slice(-6).toUpperCase()}`, event_id: facts.id,
    event_title: facts.title, user_id: null,
    buyer: { name: 'Ann Example', email: 'ann.buyer@example.com', locale: 'en' },
    items: [{ ticket_type_id: uuidv7(), name: 'Adult', quantity: 1, unit_price_minor: 1250 }],
    total_minor: 1250, currency: 'EUR', created_at: inHours(-1), completed_at: inHours(0),
    payment_id: null, event: facts, ...overrides,
  }
}

type Publish = (definition: Parameters<Ctx['publish']>[1], data: unknown[]) => Promise<void>

/** Publishes through the service's own outbox, whose relay delivers as any other's would. */
export const publisher = (ctx: Ctx): Publish =>
  (definition, data) => ctx.transaction(tx => ctx.publish(tx, definition, data as never))

/** An organiser and who works for it, as the events service would tell. */
export async function seedOrganizer (
  { db }: Ctx, id: string,
  members: { user_id: string, role: 'owner' | 'door', event_id?: string }[] = []
): Promise<void> {
  await db.insertInto('tickets.organizers').values({ id, version: 0 })
    .onConflict(conflict => conflict.doNothing()).execute()
  if (members.length === 0) return
  await db.insertInto('tickets.members')
    .values(members.map(member => ({ organizer_id: id, ...member }))).execute()
}

/** The tickets of orders that were just paid, each order's in the order of its seats. */
export async function issue (it: TestSystem, orders: Completed[]): Promise<Ticket[][]> {
  await seedOrganizer(it.context<Ctx>('tickets'), town_choir_id)
  await publisher(it.context<Ctx>('tickets'))(orderCompleted, orders)
  return Promise.all(orders.map(order => ticketsOf(it, order.order_id)))
}

export const ticketsOf = (it: TestSystem, order_id: string): Promise<Ticket[]> =>
  it.eventually(async () => {
  const answer = await it.send(listTickets, {
    token: it.orderToken(order_id), query: { limit: 100 },
  })
  return answer.body.items.length > 0 && answer.body.items
}, `the tickets of ${order_id}`)

export async function issueOne (
  it: TestSystem, overrides: Partial<Completed> = {}
): Promise<Ticket> {
  return (await issue(it, [completedOrder(overrides)]))[0]![0]!
}
