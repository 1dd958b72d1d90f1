import type { Line, PromoForSale, PromoRefusal } from './stock.ts'

type Discount = Pick<PromoForSale, 'percent' | 'amount_minor'>

/**
 * What a code takes off one ticket, in whole minor units: a percentage is rounded to the nearest,
 * and half a unit in the buyer's favour; an amount never makes a price negative. Rounding for each
 * ticket, not for the sum, makes every order the exact sum of its tickets.
 */
export function discountOf ({ percent, amount_minor }: Discount, price_minor: number): number {
  // 10^12 * 100 + 50 is still an exact integer.
  if (percent !== null) return Math.floor((price_minor * percent + 50) / 100)
  return Math.min(amount_minor ?? 0, price_minor)
}

/** Why a code is worth nothing now; null when it is worth something. */
export function refusalOf (promo: PromoForSale | undefined, now: string): PromoRefusal | null {
  if (!promo) return 'unknown'
  if (promo.valid_from !== null && now < promo.valid_from) return 'not_yet'
  return promo.valid_until !== null && promo.valid_until <= now ? 'ended' : null
}

/**
 * The lines at their reduced prices, and what that takes from the code's budget; 0: nothing got
 * cheaper.
 */
export function applyPromo (
  promo: PromoForSale, lines: readonly Line[]
): { lines: Line[], uses: number } {
  const is_for_all = promo.ticket_type_ids.length === 0
  let tickets = 0
  const reduced = lines.map(line => {
    const { type, unit_price_minor, quantity } = line
    // Who names the price needs no discount on it.
    const applies = type.pricing === 'fixed' && (is_for_all || promo.ticket_type_ids.includes(type.id))
    const discount_minor = applies ? discountOf(promo, unit_price_minor) : 0
    if (discount_minor === 0) return line
    tickets += quantity
    return { ...line, unit_price_minor: unit_price_minor - discount_minor, discount_minor }
  })
  return { lines: reduced, uses: promo.counts === 'tickets' ? tickets : Math.min(tickets, 1) }
}
