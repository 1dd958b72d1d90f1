import { parseMoney } from '@fermata/contracts/money'
import type { TicketType } from '@fermata/contracts/orders'

/**
 * The tickets chosen so far live in the address: `?<ticket type id>=<quantity>`, with
 * `price_<ticket type id>` where the buyer names the price. They survive reload, back and sign-in.
 */

export interface Chosen {
  ticket_type_id: string, quantity: number
  /** As it was typed: `12.50`. */
  price?: string
}

/** What opens hidden types (`code`) and what makes tickets cheaper (`promo`), as they were typed. */
export interface Codes { code?: string, promo?: string }

const max_code_length = 64

export function readCodes (params: URLSearchParams): Codes {
  const codes: Codes = {}
  for (const name of ['code', 'promo'] as const) {
    const text = params.get(name)?.trim() ?? ''
    if (text !== '' && text.length <= max_code_length) codes[name] = text
  }
  return codes
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const max_types = 20
const max_quantity = 100
const max_price_length = 20

/** Anything that is not a ticket type and a quantity of one or more is left out. */
export function readChoice (params: URLSearchParams): Chosen[] {
  const chosen = new Map<string, number>()
  for (const [name, text] of params) {
    if (!uuid.test(name) || !/^\d{1,3}$/.test(text) || chosen.size >= max_types) continue
    const quantity = Math.min(Number(text), max_quantity)
    // An order across a price step has two lines of one type.
    const together = Math.min(quantity + (chosen.get(name) ?? 0), max_quantity)
    if (quantity > 0) chosen.set(name, together)
  }
  return [...chosen].map(([ticket_type_id, quantity]) => {
    const price = params.get(`price_${ticket_type_id}`)?.trim().slice(0, max_price_length)
    return { ticket_type_id, quantity, ...(price && { price }) }
  })
}

/** What was chosen, as names and values for an address or the hidden fields of a form. */
export const choiceFields = (chosen: readonly Chosen[], codes: Codes = {}): [string, string][] => [
  ...chosen.flatMap(({ ticket_type_id, quantity, price }): [string, string][] => [
    [ticket_type_id, String(quantity)],
    ...(price ? [[`price_${ticket_type_id}`, price] satisfies [string, string]] : []),
  ]),
  ...Object.entries(codes),
]

export const choiceQuery = (chosen: readonly Chosen[], codes: Codes = {}): string =>
  String(new URLSearchParams(choiceFields(chosen, codes)))

/**
 * A comma is as good as a point: that is how half of Europe writes amounts. Null: not an amount of
 * this currency.
 */
export function amountOf (text: string, currency: string): number | null {
  try {
    return parseMoney(text.replace(',', '.').replace(/\s/g, ''), currency)
  } catch {
    return null
  }
}

/** What one ticket costs as chosen: the price of now, or the one that the buyer named. */
export const priceOf = (
  type: Pick<TicketType, 'pricing' | 'current_price_minor' | 'currency'>, { price }: Chosen
): number => type.pricing === 'donation'
  ? amountOf(price ?? '', type.currency) ?? 0 : type.current_price_minor

/**
 * Quantities that may be chosen of a type now: none, or from its minimum to what its limits leave.
 */
export function quantitiesOf (type: Pick<TicketType, 'available' | 'min_per_order' | 'max_per_order' | 'on_sale'>): number[] {
  if (type.on_sale !== 'open') return []
  const most = Math.min(type.available, type.max_per_order, max_quantity)
  const least = Math.max(1, type.min_per_order)
  return most < least ? [] : Array.from({ length: most - least + 1 }, (_, index) => least + index)
}
