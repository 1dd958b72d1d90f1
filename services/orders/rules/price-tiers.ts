import type { TicketTypeForSale } from './stock.ts'

type Priced = Pick<TicketTypeForSale, 'price_minor' | 'tiers'>

/**
 * What the next tickets cost. Each ticket has its place in the count of those held and sold, and
 * its price is that of the first step whose limits it does not pass; after the last step, the
 * type's own. So an order across a step pays both prices, and there is neither a gap between two
 * steps nor a ticket that fits both.
 * @param taken tickets of the type that are held or sold before these
 * @returns prices with their quantities, which add up to `quantity`
 */
export function pricesOf (
  type: Priced, taken: number, quantity: number, now: string
): { price_minor: number, quantity: number }[] {
  const prices: { price_minor: number, quantity: number }[] = []
  for (let place = taken, end = taken + quantity; place < end;) {
    const tier = type.tiers.find(({ until, up_to_sold }) =>
      (until == null || now < until) && (up_to_sold == null || place < up_to_sold))
    const next = Math.min(end, tier?.up_to_sold ?? end)
    const { price_minor } = tier ?? type
    const last = prices.at(-1)
    if (last?.price_minor === price_minor) last.quantity += next - place
    else prices.push({ price_minor, quantity: next - place })
    place = next
  }
  return prices
}

/** What is wrong with steps, some of which nobody could ever reach; null when nothing is. */
export function flawOf (tiers: Priced['tiers']): string | null {
  let until = ''
  let up_to_sold = 0
  for (const tier of tiers) {
    if (tier.until == null && tier.up_to_sold == null) return 'has a step without a limit'
    if (tier.until != null && tier.until <= until) return 'has a step that ends no later than one before it'
    if (tier.up_to_sold != null && tier.up_to_sold <= up_to_sold) return 'has a step that sells no more than one before it'
    until = tier.until ?? until
    up_to_sold = tier.up_to_sold ?? up_to_sold
  }
  return null
}
