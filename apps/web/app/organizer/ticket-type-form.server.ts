import { decimalOf } from '@fermata/contracts/money'
import {
  NewTicketType, type PriceTier, type TicketType, type TicketTypeChanges,
} from '@fermata/contracts/orders'
import type { Translate } from '../i18n/translate.ts'
import { check } from '../server/forms.server.ts'
import { amountOf } from '../shop/choice.ts'
import { endAfter, endsTooSoon, fieldMoment, timeTexts } from './zones.server.ts'

type Texts = Record<string, string>

/** In the digits of the currency: 12.50 EUR, 1250 JPY. */
export const exampleOf = (t: Translate, currency: string): string =>
  decimalOf(1250, currency).replace('.', t('errors.form.decimal_point'))

/** Digits only: `Number('')` would be 0, and `Number('1e3')` a thousand. */
const wholeOf = (text: string) => /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN

/** As many as the contract takes. */
const max_tiers = 10

interface Event { id: string, currency: string, timezone: string }


/** The ticket type that a form describes, and what is wrong with it by field. */
export function readTicketType (
  t: Translate, texts: Texts, event: Event
): { type: NewTicketType, errors: Texts } {
  const text = (name: string) => texts[name] ?? ''
  const price_minor = amountOf(text('price'), event.currency)
  const time = (name: string) => text(name) === '' ? null : fieldMoment(texts, name, event.timezone)
  const [sales_start, sales_end] = [time('sales_start'), time('sales_end')]
  const type: NewTicketType = {
    event_id: event.id,
    name: text('name'),
    description: text('description').replaceAll('\r\n', '\n'),
    price_minor: price_minor ?? 0,
    currency: event.currency,
    capacity: wholeOf(text('capacity')),
    min_per_order: text('min_per_order') === '' ? 1 : wholeOf(text('min_per_order')),
    max_per_order: text('max_per_order') === '' ? 10 : wholeOf(text('max_per_order')),
    sales_start,
    sales_end: sales_start && sales_end
      ? endAfter(sales_end, sales_start, event.timezone) : sales_end,
    max_per_buyer: text('max_per_buyer') === '' ? null : wholeOf(text('max_per_buyer')),
    access_code: text('access_code') === '' ? null : text('access_code'),
    pricing: text('pricing') === 'donation' ? 'donation' : 'fixed',
    min_price_minor: text('min_price') === '' ? 0 : amountOf(text('min_price'), event.currency) ?? -1,
    tiers: readTiers(texts, event),
  }
  const errors = checkRules(t, type, check(t, NewTicketType, type))
  for (const name of ['capacity', 'min_per_order', 'max_per_order'] as const) {
    if (Number.isNaN(type[name])) errors[name] = t('errors.form.number')
  }
  if (price_minor === null) errors.price = t('errors.form.amount', { example: exampleOf(t, event.currency) })
  for (const name of ['sales_start', 'sales_end'] as const) {
    if (text(name) !== '' && type[name] === null) errors[name] = t('errors.form.time')
  }
  const { min_per_order = 1, max_per_order = 1 } = type
  if (endsTooSoon(type.sales_start, type.sales_end)) errors.sales_end ??= t('errors.form.time_order')
  if (max_per_order < min_per_order) {
    errors.max_per_order ??= t('errors.form.too_small', { limit: min_per_order })
  }
  return { type, errors }
}

/** The steps that have a price; an amount or a limit that means nothing is refused by its number. */
function readTiers (texts: Texts, { currency, timezone }: Event): PriceTier[] {
  return Array.from({ length: max_tiers }, (_, index) => {
    const text = (name: string) => texts[`tier_${name}_${index}`] ?? ''
    return text('price') === '' ? [] : [{
      price_minor: amountOf(text('price'), currency) ?? -1,
      until: text('until') === '' ? null : fieldMoment(texts, `tier_until_${index}`, timezone) ?? '',
      up_to_sold: text('sold') === '' ? null : wholeOf(text('sold')),
    }]
  }).flat()
}

/** The fields of the rules of sale as the form names them. */
function checkRules (t: Translate, type: NewTicketType, found: Texts): Texts {
  const errors: Texts = {}
  for (const [field, message] of Object.entries(found)) {
    if (field.startsWith('tiers')) errors.tiers = t('organizer.types.tiers_wrong')
    else errors[field === 'min_price_minor' ? 'min_price' : field] = message
  }
  const { tiers = [], pricing, min_price_minor, max_per_buyer, min_per_order = 1 } = type
  if (tiers.some(tier => tier.until === null && tier.up_to_sold === null)) errors.tiers = t('organizer.types.tiers_wrong')
  if (pricing === 'donation' && tiers.length > 0) errors.tiers = t('organizer.types.tiers_donation')
  if (pricing === 'fixed' && min_price_minor !== 0) errors.min_price = t('organizer.types.min_price_fixed')
  if (typeof max_per_buyer === 'number' && max_per_buyer < min_per_order) {
    errors.max_per_buyer ??= t('errors.form.too_small', { limit: min_per_order })
  }
  return errors
}

/** What may change of a type that exists: its event and currency may not. */
export function changesOf (type: NewTicketType): TicketTypeChanges {
  const { event_id: _, currency: __, ...changes } = type
  return changes
}

/** How a ticket type reads as the texts of its form. */
export function textsOfType (type: TicketType, timezone: string): Texts {
  return {
    name: type.name, description: type.description,
    price: decimalOf(type.price_minor, type.currency),
    capacity: String(type.capacity),
    min_per_order: String(type.min_per_order), max_per_order: String(type.max_per_order),
    ...timeTexts('sales_start', type.sales_start, timezone),
    ...timeTexts('sales_end', type.sales_end, timezone),
    max_per_buyer: String(type.max_per_buyer ?? ''), access_code: type.access_code ?? '',
    pricing: type.pricing,
    min_price: type.min_price_minor > 0 ? decimalOf(type.min_price_minor, type.currency) : '',
    ...Object.fromEntries(type.tiers.flatMap((tier, index) => [
      [`tier_price_${index}`, decimalOf(tier.price_minor, type.currency)],
      ...Object.entries(timeTexts(`tier_until_${index}`, tier.until ?? null, timezone)),
      [`tier_sold_${index}`, String(tier.up_to_sold ?? '')],
    ])),
  }
}
