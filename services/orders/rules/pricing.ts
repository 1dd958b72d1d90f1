import { pricesOf } from './price-tiers.ts'
import type { Line, Refusal, TicketTypeForSale, Wanted } from './stock.ts'

/** The largest amount that any service can carry: the maximum of `Minor` in the contracts. */
export const max_total_minor = 1_000_000_000_000

/**
 * What the lines cost together, in minor units, from the server's prices alone.
 * @returns null when it cannot be charged: too much, or in more than one currency
 */
export function priceLines (
  lines: readonly { type: { currency: string }, quantity: number, unit_price_minor: number }[]
): number | null {
  if (lines.some(({ type }) => type.currency !== lines[0]!.type.currency)) return null
  // At most 20 items of 100 tickets at 10^12: the sum stays an exact integer below 2^53.
  const prices = lines.map(({ unit_price_minor, quantity }) => unit_price_minor * quantity)
  const total_minor = prices.reduce((sum, price) => sum + price, 0)
  return total_minor <= max_total_minor ? total_minor : null
}

/** The lines of one item before any discount, or why its price cannot be. */
export function linesOf (
  type: TicketTypeForSale, item: Wanted, taken: number, now: string
): Line[] | Refusal {
  const { quantity, price_minor } = item
  if (type.pricing === 'donation') {
    const { minimum_minor, maximum_minor } = donationLimits(type)
    const is_fine = price_minor !== undefined && price_minor >= minimum_minor &&
      price_minor <= maximum_minor
    return is_fine
      ? [{ type, quantity, unit_price_minor: price_minor, discount_minor: 0 }]
      : { reason: 'price_refused', type, minimum_minor, maximum_minor }
  }
  if (price_minor !== undefined) return { reason: 'price_fixed', type }
  return pricesOf(type, taken, quantity, now).map(price =>
    ({ type, quantity: price.quantity, unit_price_minor: price.price_minor, discount_minor: 0 }))
}

const largest_factor = 1000
const floor_of_maximum_minor = 1_000_000

/**
 * What a donation may be for one ticket. The upper end catches slips such as two forgotten decimal
 * points: a thousand times what is suggested or asked at least, and never less than a million minor
 * units.
 */
export function donationLimits (
  { price_minor, min_price_minor }: Pick<TicketTypeForSale, 'price_minor' | 'min_price_minor'>
): { minimum_minor: number, maximum_minor: number } {
  const generous = Math.max(price_minor, min_price_minor) * largest_factor
  return { minimum_minor: min_price_minor,
    maximum_minor: Math.min(max_total_minor, Math.max(generous, floor_of_maximum_minor)) }
}
