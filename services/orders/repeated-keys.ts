import type { KeyRow } from './queries/sell.ts'
import type { Outcome, Purchase } from './sell-batch.ts'

interface Named { scope: string, key: string }
/** Neither part contains a line break, so no two pairs share a name. */
const nameOf = ({ scope, key }: Named) => `${scope}\n${key}`

/**
 * Parts the purchases whose idempotency key was used before, in the database or earlier in this
 * batch, from those that are to be decided.
 * @returns `fresh`, the purchases to decide, and `answer`, which gives every purchase its outcome
 * once they are
 */
export function partRepeated (purchases: Purchase[], used: KeyRow[]): {
  fresh: Purchase[], answer: (decided: Map<Purchase, Outcome>) => Outcome[]
} {
  const before = new Map(used.map(row => [nameOf(row), row]))
  const first = new Map<string, Purchase>()
  const fresh = purchases.filter(purchase => {
    if (!purchase.idempotency) return true
    const name = nameOf(purchase.idempotency)
    if (before.has(name) || first.has(name)) return false
    first.set(name, purchase)
    return true
  })

  function outcomeOf (purchase: Purchase, decided: Map<Purchase, Outcome>): Outcome {
    const own = decided.get(purchase)
    if (own) return own
    const { fingerprint } = purchase.idempotency!
    const name = nameOf(purchase.idempotency!)
    const earlier = before.get(name)
    if (earlier) {
      return earlier.fingerprint.equals(fingerprint)
        ? { kind: 'placed_before', order_id: earlier.order_id }
        : { kind: 'key_reused' }
    }
    const twin = first.get(name)!
    if (!twin.idempotency!.fingerprint.equals(fingerprint)) return { kind: 'key_reused' }
    const outcome = decided.get(twin)!
    return outcome.kind === 'placed' ? { ...outcome, replayed: true } : outcome
  }

  return { fresh, answer: decided => purchases.map(purchase => outcomeOf(purchase, decided)) }
}
