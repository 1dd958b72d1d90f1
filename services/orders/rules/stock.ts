import type { EventStatus } from '@fermata/contracts/fields'
import type { PriceTier, Pricing, PromoCode } from '@fermata/contracts/orders'
import type { Fairness } from './fair-shares.ts'

/** What the rules of sale are given and what they answer; the rules themselves are beside this. */

/** What is left of an event's stock, as the database told it behind the event's lock. */
export interface Stock {
  /** The database's clock, RFC 3339 in UTC like every moment here. */
  now: string
  event: { id: string, status: EventStatus, ends_at: string }
  ticket_types: ReadonlyMap<string, TicketTypeForSale>
  /** Pool id to the tickets neither held nor sold. */
  left: ReadonlyMap<string, number>
  /** Those that requests name, by their code in capital letters. */
  promos: ReadonlyMap<string, PromoForSale>
  /** What buyers hold and own already, of types that limit it. */
  purchases: readonly Purchased[]
  /** What one network, browser or mailbox may have of it. */
  fairness: Fairness
}

export interface TicketTypeForSale {
  id: string
  name: string
  price_minor: number
  currency: string
  pricing: Pricing
  min_price_minor: number
  tiers: readonly PriceTier[]
  /** Null for a type that everybody sees. */
  access_code: string | null
  sales_start: string | null
  sales_end: string | null
  min_per_order: number
  max_per_order: number
  max_per_buyer: number | null
  /** Of its own pool, which has the type's id. */
  capacity: number
  /** Every pool it draws from, its own included. */
  pool_ids: readonly string[]
}

export type PromoForSale = Pick<PromoCode, 'id' | 'code' | 'percent' | 'amount_minor' |
  'ticket_type_ids' | 'valid_from' | 'valid_until' | 'max_uses' | 'counts' | 'used'>

/** One person: whoever shares the account or the normalised address. */
export interface BuyerKeys { user_id: string | null, email_key: string }
export interface Purchased extends BuyerKeys { ticket_type_id: string, quantity: number }

/** A ticket type and a quantity; each type once. The price only where the buyer names it. */
export interface Wanted { ticket_type_id: string, quantity: number, price_minor?: number }

export interface Request {
  items: readonly Wanted[]
  /** In capital letters. */
  promo_code?: string
  access_code?: string
  /** Absent when only the price is asked. */
  buyer?: BuyerKeys
  /** Whom the shares count; absent like the buyer. */
  asker?: Asker
}

/** Who asks, by what is counted of them: hashes in hexadecimal, never an address. */
export interface Asker {
  network: string, mailbox: string, user_id: string | null
  /** Null where no browser said who it is. */
  visitor: string | null
}

/** Some tickets of one type at one price. */
export interface Line {
  type: Pick<TicketTypeForSale, 'id' | 'name' | 'currency' | 'pricing'>
  quantity: number
  /** What each ticket costs, after the discount. */
  unit_price_minor: number
  /** Off each ticket. */
  discount_minor: number
}

export type PromoRefusal = 'unknown' | 'not_yet' | 'ended' | 'used_up' | 'not_for_these'

export type Refusal =
  | { reason: 'event_closed', event_id: string, why: 'not_published' | 'canceled' | 'over' }
  | { reason: 'unknown_ticket_type', ticket_type_id: string }
  | { reason: 'not_on_sale', type: TicketTypeForSale }
  | { reason: 'below_minimum', type: TicketTypeForSale }
  | { reason: 'limit_reached', type: TicketTypeForSale, scope: 'order' | 'buyer' | 'event', limit: number }
  | { reason: 'share_reached', scope: 'network' | 'buyer', share: number }
  | { reason: 'sold_out', type: TicketTypeForSale, available: number }
  | { reason: 'price_fixed', type: TicketTypeForSale }
  | { reason: 'price_refused', type: TicketTypeForSale, minimum_minor: number, maximum_minor: number }
  | { reason: 'promo_refused', promo_code: string, why: PromoRefusal, left?: number }
  | { reason: 'not_chargeable' }

export interface Sold {
  sold: true
  lines: Line[]
  total_minor: number
  currency: string
  /** Pool id to the tickets taken from it. */
  taken: Map<string, number>
  promo: { id: string, code: string, uses: number } | null
}

/** What one request gets: all it wants, or nothing and why. */
export type Decision = Sold | { sold: false, refusal: Refusal }
