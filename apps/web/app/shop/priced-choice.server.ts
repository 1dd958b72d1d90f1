import { problemIs } from '@fermata/contracts/client'
import {
  promoCodeRefused, PromoCodeText, quoteOrder, tooManyCodes, type NewOrder, type OrderItem,
  type TicketType,
} from '@fermata/contracts/orders'
import { Value } from 'typebox/value'
import type { api } from '../server/session.server.ts'
import { amountOf, priceOf, type Chosen, type Codes } from './choice.ts'
import { accessCodeOf } from './shown-types.server.ts'

/** A code as the API takes it; undefined for what could be none. */
export const promoCodeOf = ({ promo }: Codes) =>
  Value.Check(PromoCodeText, promo) ? promo : undefined

/** What is ordered, with the prices that the buyer names. */
export const itemsOf = (types: readonly TicketType[], chosen: readonly Chosen[]): NewOrder['items'] =>
  chosen.map(({ ticket_type_id, quantity, price }) => {
    const type = types.find(({ id }) => id === ticket_type_id)
    const price_minor = type?.pricing === 'donation' ? amountOf(price ?? '', type.currency) : null
    return { ticket_type_id, quantity, ...(price_minor !== null && { price_minor }) }
  })

interface Priced {
  lines: OrderItem[], total_minor: number
  promo_code?: string
  promo_refused?: 'guessed' | 'unknown' | 'not_yet' | 'ended' | 'used_up' | 'not_for_these'
}

/**
 * The choice at the prices of now. The box office is asked only where they are not plain: with a
 * promo code, or with tickets that may be on both sides of a price step.
 */
export async function priceChoice (
  call: ReturnType<typeof api>, event_id: string, types: readonly TicketType[],
  chosen: readonly Chosen[], codes: Codes
): Promise<Priced> {
  const plain = plainPrices(types, chosen)
  const promo_code = promoCodeOf(codes)
  if (codes.promo !== undefined && promo_code === undefined) return { ...plain, promo_refused: 'unknown' }
  const has_steps = chosen.some(one =>
    types.some(type => type.id === one.ticket_type_id && type.tiers.length > 0))
  if (promo_code === undefined && !has_steps) return plain
  const body = { event_id, items: itemsOf(types, chosen), access_code: accessCodeOf(codes) }
  const answer = await call(quoteOrder, { body: { ...body, promo_code } })
  if (answer.ok) {
    const { items, total_minor } = answer.body
    return { lines: items, total_minor, promo_code: answer.body.promo_code }
  }
  if (problemIs(answer.problem, tooManyCodes)) return { ...plain, promo_refused: 'guessed' }
  // Anything else is said when the order is placed.
  return problemIs(answer.problem, promoCodeRefused)
    ? { ...plain, promo_refused: answer.problem.reason } : plain
}

function plainPrices (types: readonly TicketType[], chosen: readonly Chosen[]): Priced {
  const lines = chosen.flatMap(one => {
    const type = types.find(({ id }) => id === one.ticket_type_id)
    if (!type) return []
    const { id, name } = type
    return [{ ticket_type_id: id, name, quantity: one.quantity,
      unit_price_minor: priceOf(type, one) }]
  })
  const total_minor = lines.reduce((sum, line) => sum + line.quantity * line.unit_price_minor, 0)
  return { lines, total_minor }
}
