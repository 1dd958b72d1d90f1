/** One line of an order before it is written. */
export interface Line {
  type: { id: string, name: string, price_minor: number, currency: string }
  quantity: number
}

/** The largest amount that any service can carry: the maximum of `Minor` in the contracts. */
export const max_total_minor = 1_000_000_000_000

/**
 * What the lines cost together, in minor units, from the server's prices alone.
 * @returns null when it cannot be charged: too much, or in more than one currency
 */
export function priceLines (lines: readonly Line[]): number | null {
  if (lines.some(({ type }) => type.currency !== lines[0]!.type.currency)) return null
  // At most 20 lines of 100 tickets at 10^12: the sum stays an exact integer below 2^53.
  const prices = lines.map(({ type, quantity }) => type.price_minor * quantity)
  const total_minor = prices.reduce((sum, price) => sum + price, 0)
  return total_minor <= max_total_minor ? total_minor : null
}
