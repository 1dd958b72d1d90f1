import type { NewOrder } from '@fermata/contracts/orders'
import { siteOf } from '@fermata/platform/network'
import type { Ctx } from './context.ts'
import type { Refusal } from './rules/stock.ts'

type RefusalOf<T> = (seen: T) => Refusal | null
type Wish = Pick<NewOrder, 'event_id' | 'promo_code' | 'access_code'>

/**
 * Looks at a wish within the budget of guesses of who sends it; one without codes costs nothing.
 * @param refusalOf why the wish was refused; null when it was not, or for another reason
 * @throws Problem `orders/too-many-codes`
 */
export function countingGuesses<T> (
  ctx: Ctx, wish: Wish, ip: string, look: () => Promise<T>, refusalOf: RefusalOf<T>
): Promise<T> {
  if (wish.promo_code === undefined && wish.access_code === undefined) return look()
  const { event_id, promo_code, access_code } = wish
  const codes = [access_code, promo_code?.toUpperCase()].filter(code => code !== undefined)
  return ctx.resources.guesses.look(event_id, siteOf(ip), codes, look, seen => {
    const refusal = refusalOf(seen)
    return refusal !== null && isWrongCode(refusal)
  })
}

/** What a wrong code is answered with; a type that is not there may be one that it did not open. */
const isWrongCode = (refusal: Refusal) => refusal.reason === 'unknown_ticket_type' ||
  (refusal.reason === 'promo_refused' && refusal.why === 'unknown')
