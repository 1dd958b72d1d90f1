import { decimalOf } from '@fermata/contracts/money'
import { NewPromoCode, type PromoCode, type PromoCodeChanges } from '@fermata/contracts/orders'
import type { Translate } from '../i18n/translate.ts'
import { check } from '../server/forms.server.ts'
import { amountOf } from '../shop/choice.ts'
import { endAfter, endsTooSoon, fieldMoment, timeTexts } from './zones.server.ts'

type Texts = Record<string, string>
interface Event { id: string, currency: string, timezone: string }

/** Digits only: `Number('')` would be 0, and `Number('1e3')` a thousand. */
const wholeOf = (text: string) => /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN

/** The code that a form describes, and what is wrong with it by field. */
export function readPromoCode (
  t: Translate, texts: Texts, event: Event
): { code: NewPromoCode, errors: Texts } {
  const text = (name: string) => texts[name] ?? ''
  const time = (name: string) => text(name) === '' ? null : fieldMoment(texts, name, event.timezone)
  const [valid_from, valid_until] = [time('valid_from'), time('valid_until')]
  const code: NewPromoCode = {
    event_id: event.id,
    code: text('code'),
    percent: text('percent') === '' ? null : wholeOf(text('percent')),
    amount_minor: text('amount') === '' ? null : amountOf(text('amount'), event.currency) ?? -1,
    ticket_type_ids: Object.keys(texts).filter(name => name.startsWith('type_'))
      .map(name => name.slice('type_'.length)),
    valid_from,
    valid_until: valid_from && valid_until
      ? endAfter(valid_until, valid_from, event.timezone) : valid_until,
    max_uses: text('max_uses') === '' ? null : wholeOf(text('max_uses')),
    counts: text('counts') === 'tickets' ? 'tickets' : 'orders',
  }
  const { amount_minor: amount, ...errors } = check(t, NewPromoCode, code)
  if (amount) errors.amount = t('errors.form.amount')
  if ((code.percent === null) === (code.amount_minor === null)) errors.percent ??= t('organizer.promos.one_of')
  for (const name of ['valid_from', 'valid_until'] as const) {
    if (text(name) !== '' && code[name] === null) errors[name] = t('errors.form.time')
  }
  if (endsTooSoon(code.valid_from, code.valid_until)) errors.valid_until ??= t('errors.form.time_order')
  return { code, errors }
}

/** What may change of a code that exists. */
export function promoChangesOf (code: NewPromoCode): PromoCodeChanges {
  const { event_id: _, code: __, counts: ___, ...changes } = code
  return changes
}

/** How a code reads as the texts of its form. */
export function textsOfPromo (code: PromoCode, event: Pick<Event, 'currency' | 'timezone'>): Texts {
  return {
    code: code.code, percent: String(code.percent ?? ''), counts: code.counts,
    amount: code.amount_minor === null ? '' : decimalOf(code.amount_minor, event.currency),
    ...timeTexts('valid_from', code.valid_from, event.timezone),
    ...timeTexts('valid_until', code.valid_until, event.timezone),
    max_uses: String(code.max_uses ?? ''),
    ...Object.fromEntries(code.ticket_type_ids.map(id => [`type_${id}`, 'on'])),
  }
}
