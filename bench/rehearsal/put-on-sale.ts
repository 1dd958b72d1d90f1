import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Call } from '@fermata/contracts/client'
import type { AnyRoute, ReplyOf } from '@fermata/contracts/define'
import * as events from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import type { Offer } from './buyer.ts'
import type { CopiedEvent } from './event-copy.ts'

/** A copy on sale at the rehearsed server. */
export interface OnSale { event_id: string, slug: string, offers: Offer[] }

const open_within_ms = 20_000
const look_every_ms = 50

async function must<R extends AnyRoute> (answer: Promise<Answer<R>>): Promise<ReplyOf<R>> {
  const given = await answer
  if (given.ok) return given.body as ReplyOf<R>
  throw new Error(`The copy of the event was refused: ${given.status} ${JSON.stringify(given.problem)}`)
}

/**
 * Makes the copy as an organiser would, through the API, so that each service of the rehearsed
 * server hears of it in the usual way.
 */
export async function putOnSale (call: Call, copy: CopiedEvent): Promise<OnSale> {
  const { id: event_id, slug } = await must(call(events.createEvent, { body: copy.event }))
  const pool_ids = new Map<string, string>()
  for (const { name, capacity } of copy.pools) {
    const body = { event_id, name: name || 'Shared', capacity }
    const pool = await must(call(orders.createPool, { body }))
    pool_ids.set(name, pool.id)
  }
  const offers: Offer[] = []
  for (const { pools, ...type } of copy.types) {
    const { id: ticket_type_id } = await must(call(orders.createTicketType, { body: {
      ...type, event_id, currency: copy.event.currency,
      pool_ids: pools.map(name => pool_ids.get(name)!) } }))
    offers.push({
      ticket_type_id, weight: type.capacity, least: type.min_per_order,
      most: Math.min(type.max_per_order, type.max_per_buyer ?? Infinity),
      price_minor: type.pricing === 'donation'
        ? Math.max(type.price_minor, type.min_price_minor ?? 0) : undefined,
      access_code: type.access_code ?? undefined,
    })
  }
  // The whole crowd may come from this machine. What it holds is counted all the same.
  await must(call(orders.setFairShares,
    { params: { event_id }, body: { network_share_percent: 100 } }))
  await must(call(events.publishEvent, { params: { id: event_id } }))
  await isOpen(call, event_id)
  return { event_id, slug, offers }
}

async function isOpen (call: Call, event_id: string): Promise<void> {
  const began = performance.now()
  while (performance.now() - began < open_within_ms) {
    const { items } = await must(call(orders.listTicketTypes, { query: { event_id } }))
    if (items.some(type => type.on_sale === 'open')) return
    await sleep(look_every_ms)
  }
  throw new Error('The copy of the event did not go on sale. No kind of ticket can be bought now.')
}

/** The whole crowd comes from this machine: none of its joins has a price. */
const whoever = 2_000_000

/** Puts a waiting room in front of the sale; its draw is at `opens_at`. */
export async function openRoom (
  call: Call, event_id: string, room: NonNullable<CopiedEvent['room']>, opens_at: Date
): Promise<void> {
  await must(call(orders.setQueue, { params: { event_id },
    body: { enabled: true, opens_at: opens_at.toISOString(), ...room,
      free_joins_per_network: whoever, max_joins_per_network: whoever } }))
}
