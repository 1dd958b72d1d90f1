import { userRegistered, type emailVerified } from '@fermata/contracts/auth'
import type { DataOf, EventDefinition } from '@fermata/contracts/define'
import type { orderCompleted, orderRefunded } from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import type { TestSystem } from '@fermata/testkit/start'
import type { Ctx } from '../context.ts'

/** Tells users something, the way other services do, and waits until it has been heard. */
export async function tell<E extends EventDefinition> (
  it: TestSystem, event: E, data: DataOf<E>[],
): Promise<void> {
  const ctx = it.context<Ctx>('users')
  await ctx.transaction(tx => ctx.publish(tx, event, data))
  await it.eventually(async () => {
    const { rows } = await ctx.pool.query<{ waiting: number }>(
      'select count(*) as waiting from users.outbox where sent_at is null')
    return rows[0]!.waiting === 0
  }, 'all news to be heard')
}

export type Registration = DataOf<typeof userRegistered>

export function registration (fields: Partial<Registration> = {}): Registration {
  const user_id = fields.user_id ?? uuidv7()
  return {
    user_id, email: `${user_id}@example.com`, username: 'Ann Example', locale: 'en',
    roles: ['user'], registered_at: '2027-01-02T03:04:05.678Z',
    email_verified: false, ...fields,
  }
}

/** Somebody who registered, and their access token. */
export async function newPerson (it: TestSystem, fields: Partial<Registration> = {}) {
  const person = registration(fields)
  await tell(it, userRegistered, [person])
  const { user_id, roles, email } = person
  return { ...person, token: await it.personToken({ user_id, roles, email }) }
}

export const verification = (person: Registration): DataOf<typeof emailVerified> =>
  ({ user_id: person.user_id, email: person.email, verified_at: '2027-01-03T00:00:00.000Z' })

export type CompletedOrder = DataOf<typeof orderCompleted>

/** A paid order of two tickets and one, for 42.50 euros. */
export function completedOrder (fields: Partial<CompletedOrder> = {}): CompletedOrder {
  const event_id = uuidv7()
  return {
    order_id: uuidv7(), code: '7K3QZ9TR', event_id, event_title: 'A Night of Slow Songs',
    buyer: { name: 'Gus Guest', email: 'gus@example.com', locale: 'en' }, user_id: null,
    items: [
      { ticket_type_id: uuidv7(), name: 'Stalls', quantity: 2, unit_price_minor: 1500 },
      { ticket_type_id: uuidv7(), name: 'Balcony', quantity: 1, unit_price_minor: 1250 },
    ],
    total_minor: 4250, currency: 'EUR', created_at: '2027-02-01T10:00:00.000Z',
    completed_at: '2027-02-01T10:02:00.000Z', payment_id: uuidv7(),
    event: {
      id: event_id, slug: 'a-night-of-slow-songs', title: 'A Night of Slow Songs',
      organizer_id: uuidv7(), organizer_name: 'Slow Hall',
      starts_at: '2027-06-01T18:00:00.000Z', ends_at: '2027-06-01T21:00:00.000Z',
      timezone: 'Europe/Paris', category: 'music', currency: 'EUR', image: null,
      venue: { name: 'Slow Hall', address: '1 Quiet Street', city: 'Lyon', country: 'FR' },
      status: 'published', version: 1,
    },
    ...fields,
  }
}

export function refundOf (order: CompletedOrder): DataOf<typeof orderRefunded> {
  const { event: _, completed_at: __, payment_id, ...facts } = order
  return {
    ...facts, payment_id, refunded_at: '2027-02-03T00:00:00.000Z',
    refund_minor: order.total_minor, reason: 'requested',
  }
}
