import type { NewEvent } from '@fermata/contracts/events'
import type { NewTicketType, Pricing, PriceTier } from '@fermata/contracts/orders'

/** An event as it is copied: what buyers see and what decides about stock, without its sales. */

export interface CopiedType extends Omit<NewTicketType, 'event_id' | 'currency' | 'pool_ids'> {
  pricing: Pricing
  tiers: PriceTier[]
  min_per_order: number
  max_per_order: number
  max_per_buyer: number | null
  /** Names of the shared pools it draws from. */
  pools: string[]
}

export interface CopiedEvent {
  event: NewEvent & { currency: string, ticket_capacity: number | null }
  pools: { name: string, capacity: number }[]
  types: CopiedType[]
  /** Null where the event has no waiting room. */
  room: Room | null
}

export interface Room { max_in_checkout?: number, pass_minutes?: number }

const day_ms = 86_400_000
/** An event that is nearer than this could end during the rehearsal. */
const nearest_ms = day_ms

/** Moves what lies in the past, or would stop the sale, out of the way of the rehearsal. */
export function openNow (copy: CopiedEvent, now_ms: number): CopiedEvent {
  const { event } = copy
  const starts = Date.parse(event.starts_at)
  const by_ms = Math.max(0, now_ms + nearest_ms - starts)
  const moved = (at: string) => new Date(Date.parse(at) + by_ms).toISOString()
  return {
    ...copy,
    event: { ...event, starts_at: moved(event.starts_at), ends_at: moved(event.ends_at) },
    types: copy.types.map(type => ({
      ...type, sales_start: null, sales_end: null,
      // A step that ends by the clock is over by the time its date has come; by number it stays.
      tiers: type.tiers.filter(tier => !tier.until || Date.parse(tier.until) > now_ms + nearest_ms),
    })),
  }
}

/** Tickets that can be sold at most, as far as one sees from outside. */
export function capacityOf ({ event, pools, types }: CopiedEvent): number {
  const shared = new Map(pools.map(pool => [pool.name, pool.capacity]))
  const alone = types.filter(type => type.pools.length === 0)
    .reduce((sum, type) => sum + type.capacity, 0)
  const within = [...shared].reduce((sum, [name, capacity]) => sum + Math.min(capacity, types
    .filter(type => type.pools[0] === name).reduce((all, type) => all + type.capacity, 0)), 0)
  return Math.min(event.ticket_capacity ?? Infinity, alone + within)
}

/** The event with so many tickets in all, each kind keeping its share. */
export function resize (copy: CopiedEvent, tickets: number): CopiedEvent {
  const factor = tickets / Math.max(1, capacityOf(copy))
  const grown = (capacity: number) => Math.max(1, Math.round(capacity * factor))
  const resized = {
    ...copy,
    pools: copy.pools.map(pool => ({ ...pool, capacity: grown(pool.capacity) })),
    types: copy.types.map(type => ({ ...type, capacity: grown(type.capacity) })),
  }
  const whole = copy.event.ticket_capacity !== null
  if (!whole && capacityOf(resized) === tickets) return resized
  // What rounding adds to the kinds, a limit for the whole takes away; what it lost, they get back.
  const types = resized.types.map(type => ({ ...type, capacity: type.capacity + 1 }))
  const pools = resized.pools.map(pool => ({ ...pool, capacity: pool.capacity + 1 }))
  return { ...resized, pools, types, event: { ...copy.event, ticket_capacity: tickets } }
}

/** More tickets than any crowd here could buy. */
const endless = 5_000_000

/** The event where nothing runs out and nobody waits: to find out how fast it can sell. */
export const endlessly = (copy: CopiedEvent): CopiedEvent => ({
  ...copy, room: null,
  event: { ...copy.event, title: `${copy.event.title} (trial)`.slice(0, 200), ticket_capacity: null },
  pools: copy.pools.map(pool => ({ ...pool, capacity: endless })),
  types: copy.types.map(type => ({ ...type, capacity: endless })),
})
