import type { Call } from '@fermata/contracts/client'
import * as events from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import { eventually, must } from '../end-to-end/sell.ts'
import type { TwoProcesses } from './two-processes.ts'

/** An event with every kind of scarce thing: stock of its own, shared, of all; budgets, limits, passes. */

export interface ContestedEvent {
  id: string
  adult: string
  child: string
  /** Tickets of the event-wide pool; types and the shared pool may be larger together. */
  capacity: number
  promo_ids: string[]
  max_per_buyer: number
  /** Of the waiting room; null where there is none. Each is good for three orders. */
  passes: string[] | null
}

export interface Sizes {
  capacity: number
  adult: number
  child: number
  room: number
  max_uses: number
  max_per_buyer: number
  /** How many of the waiting room get a pass; 0: there is no waiting room. */
  passes: number
}

const in_days = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

export async function openEvent (shop: TwoProcesses, sizes: Sizes): Promise<ContestedEvent> {
  const call = await shop.organizer(0)
  const { id } = await must(call(events.createEvent, { body: {
    title: 'The contested event', description: 'More people than seats.', category: 'music',
    timezone: 'Europe/Paris', currency: 'EUR', starts_at: in_days(10), ends_at: in_days(10.1),
    venue: { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' },
    ticket_capacity: sizes.capacity,
  } }), events.createEvent)
  const room = await must(call(orders.createPool,
    { body: { event_id: id, name: 'Room', capacity: sizes.room } }), orders.createPool)
  const addType = (name: string, capacity: number, rules: Partial<orders.NewTicketType>) =>
    must(call(orders.createTicketType, { body: { event_id: id, name, price_minor: 1000,
      currency: 'EUR', capacity, pool_ids: [room.id], ...rules } }), orders.createTicketType)
  const adult = await addType('Adult', sizes.adult, {})
  const child = await addType('Child', sizes.child, { max_per_buyer: sizes.max_per_buyer })
  // All of the crowd comes from one address; what it holds is counted all the same.
  await must(call(orders.setFairShares, { params: { event_id: id },
    body: { network_share_percent: 100, max_per_buyer: null } }), orders.setFairShares)
  const promo_ids: string[] = []
  for (const [code, percent, counts] of [['SPRING', 10, 'tickets'], ['GIFT', 100, 'orders']] as const) {
    promo_ids.push((await must(call(orders.createPromoCode,
      { body: { event_id: id, code, percent, counts, max_uses: sizes.max_uses } }),
    orders.createPromoCode)).id)
  }
  await must(call(events.publishEvent, { params: { id } }), events.publishEvent)
  await eventually(() => isOpen(shop, id), 'the box office to open')
  const passes = sizes.passes > 0 ? await openRoom(shop, call, id, sizes.passes) : null
  return { id, adult: adult.id, child: child.id, promo_ids, passes,
    capacity: sizes.capacity, max_per_buyer: sizes.max_per_buyer }
}

async function isOpen (shop: TwoProcesses, event_id: string): Promise<boolean> {
  const lists = await Promise.all(shop.doors.map(call =>
    must(call(orders.listTicketTypes, { query: { event_id } }), orders.listTicketTypes)))
  return lists.every(({ items }) => items[0]?.on_sale === 'open')
}

/** Switches the waiting room on, in both processes, and takes as many passes. */
async function openRoom (
  shop: TwoProcesses, organizer: Call, event_id: string, passes: number
): Promise<string[]> {
  await must(organizer(orders.setQueue, { params: { event_id },
    body: { enabled: true, opens_at: new Date(Date.now() - 1000).toISOString(),
      // All of them come from this machine.
      free_joins_per_network: 1000 } }))
  await eventually(async () => {
    const rooms = await Promise.all(shop.doors.map(call =>
      call(orders.getQueue, { params: { event_id } })))
    return rooms.every(room => room.ok && room.body.state === 'open')
  }, 'both processes to know the waiting room')
  return Promise.all(Array.from({ length: passes }, async (_, index) => {
    const door = shop.doors[index % shop.doors.length]!
    const { token } = await must(door(orders.joinQueue, { params: { event_id }, body: {} }),
      orders.joinQueue)
    return eventually(async () => (await must(door(orders.getQueuePosition,
      { params: { event_id }, query: { token } }), orders.getQueuePosition)).pass, 'a turn')
  }))
}
