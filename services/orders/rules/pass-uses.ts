/**
 * A change of mind and a second try after a failed payment are fine; a pass is no key to the shop,
 * though.
 */
export const orders_per_pass = 3

export interface PassForSale {
  place: number
  /** Who buys, as a hash, where the pass is bound to nobody: then its first order binds it. */
  buyer: Buffer | null
  /** Its time is over: it buys nothing, but a repeated request still gets its first answer. */
  has_expired: boolean
}
export interface PassUse { place: number, buyer: Buffer | null, orders: number }
export type PassRefusal = 'needed' | 'used_up' | 'another_buyer' | 'expired'

/**
 * Parts those whose pass still serves them from those it does not, in the order of arrival. Two
 * orders with one pass in one batch count before it is known whether they find tickets: who meets
 * that tries again a moment later.
 * @param needs_pass whether who has none is refused
 */
export function partByPass<P extends { pass: PassForSale | null }> (
  purchases: readonly P[], uses: readonly PassUse[], needs_pass = false
): { allowed: P[], refused: Map<P, PassRefusal> } {
  const used = new Map(uses.map(use => [use.place, { ...use }]))
  const refused = new Map<P, PassRefusal>()
  const allowed = purchases.filter(purchase => {
    const { pass } = purchase
    if (!pass) {
      if (needs_pass) refused.set(purchase, 'needed')
      return !needs_pass
    }
    const use = used.get(pass.place) ?? firstUse(pass)
    used.set(pass.place, use)
    const why = refusalOf(pass, use)
    if (why) refused.set(purchase, why)
    else use.orders++
    return !why
  })
  return { allowed, refused }
}

const firstUse = ({ place, buyer }: PassForSale): PassUse => ({ place, buyer, orders: 0 })

function refusalOf (pass: PassForSale, { orders, buyer }: PassUse): PassRefusal | null {
  if (pass.has_expired) return 'expired'
  if (orders >= orders_per_pass) return 'used_up'
  const is_other = buyer !== null && pass.buyer !== null && !buyer.equals(pass.buyer)
  return is_other ? 'another_buyer' : null
}

/** How often each place bought just now. */
export function usesOf (sold: readonly { pass: PassForSale | null }[]): PassUse[] {
  const uses = new Map<number, PassUse>()
  for (const { pass } of sold) {
    if (!pass) continue
    const use = uses.get(pass.place) ?? firstUse(pass)
    use.orders++
    uses.set(pass.place, use)
  }
  return [...uses.values()]
}
