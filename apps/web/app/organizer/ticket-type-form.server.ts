import { decimalOf, parseMoney } from '@fermata/contracts/money'
import { NewTicketType, type TicketType, type TicketTypeChanges } from '@fermata/contracts/orders'
import type { Translate } from '../i18n/translate.ts'
import { check } from '../server/forms.server.ts'
import { momentOf, wallTime } from './zones.server.ts'

type Texts = Record<string, string>

/**
 * A comma is as good as a point: that is how half of Europe writes amounts. Null: not an amount of
 * this currency.
 */
function amountOf (text: string, currency: string): number | null {
  try {
    return parseMoney(text.replace(',', '.').replace(/\s/g, ''), currency)
  } catch {
    return null
  }
}

/** In the digits of the currency: 12.50 EUR, 1250 JPY. */
export const exampleOf = (t: Translate, currency: string): string =>
  decimalOf(1250, currency).replace('.', t('errors.form.decimal_point'))

/** Digits only: `Number('')` would be 0, and `Number('1e3')` a thousand. */
const wholeOf = (text: string) => /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN

interface Event { id: string, currency: string, timezone: string }


/** The ticket type that a form describes, and what is wrong with it by field. */
export function readTicketType (
  t: Translate, texts: Texts, event: Event
): { type: NewTicketType, errors: Texts } {
  const text = (name: string) => texts[name] ?? ''
  const price_minor = amountOf(text('price'), event.currency)
  const time = (name: string) => text(name) === '' ? null : momentOf(text(name), event.timezone)
  const type: NewTicketType = {
    event_id: event.id,
    name: text('name'),
    description: text('description').replaceAll('\r\n', '\n'),
    price_minor: price_minor ?? 0,
    currency: event.currency,
    capacity: wholeOf(text('capacity')),
    min_per_order: text('min_per_order') === '' ? 1 : wholeOf(text('min_per_order')),
    max_per_order: text('max_per_order') === '' ? 10 : wholeOf(text('max_per_order')),
    sales_start: time('sales_start'),
    sales_end: time('sales_end'),
  }
  const errors = check(t, NewTicketType, type)
  for (const name of ['capacity', 'min_per_order', 'max_per_order'] as const) {
    if (Number.isNaN(type[name])) errors[name] = t('errors.form.number')
  }
  if (price_minor === null) errors.price = t('errors.form.amount', { example: exampleOf(t, event.currency) })
  for (const name of ['sales_start', 'sales_end'] as const) {
    if (text(name) !== '' && type[name] === null) errors[name] = t('errors.form.time')
  }
  const { sales_start, sales_end, min_per_order = 1, max_per_order = 1 } = type
  if (sales_start && sales_end && sales_end <= sales_start) errors.sales_end ??= t('errors.form.time_order')
  if (max_per_order < min_per_order) {
    errors.max_per_order ??= t('errors.form.too_small', { limit: min_per_order })
  }
  return { type, errors }
}

/** What may change of a type that exists: its event and currency may not. */
export function changesOf (type: NewTicketType): TicketTypeChanges {
  const { event_id: _, currency: __, ...changes } = type
  return changes
}

/** How a ticket type reads as the texts of its form. */
export type TypeTexts = Record<'name' | 'description' | 'price' | 'capacity' | 'min_per_order' | 'max_per_order' | 'sales_start' | 'sales_end', string>

export function textsOfType (type: TicketType, timezone: string): TypeTexts {
  const wall = (at: string | null) => at ? wallTime(at, timezone) : ''
  return {
    name: type.name, description: type.description,
    price: decimalOf(type.price_minor, type.currency),
    capacity: String(type.capacity),
    min_per_order: String(type.min_per_order), max_per_order: String(type.max_per_order),
    sales_start: wall(type.sales_start), sales_end: wall(type.sales_end),
  }
}
