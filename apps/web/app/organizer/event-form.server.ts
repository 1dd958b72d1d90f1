import { Category, NewEvent, type Event } from '@fermata/contracts/events'
import { currencies } from '@fermata/contracts/money'
import type { Static } from 'typebox'
import type { Translate } from '../i18n/translate.ts'
import type { Language } from '../i18n/language.ts'
import { check, inputRules } from '../server/forms.server.ts'
import { countriesIn } from './countries.server.ts'
import { allZones, endAfter, endsTooSoon, fieldMoment, isZone, timeTexts } from './zones.server.ts'

type Texts = Record<string, string>

/** What the form of an event needs to know beyond the event. */
export const formOptions = (language: Language) => ({
  rules: inputRules(NewEvent), categories: Category.enum, currencies, zones: allZones(),
  countries: countriesIn(language),
})
export type FormOptions = ReturnType<typeof formOptions>

/** An event as the texts of its form; times stand in the event's own zone. */
export function textsOfEvent (event: Event): Texts {
  return {
    title: event.title, description: event.description, category: event.category,
    ...timeTexts('starts_at', event.starts_at, event.timezone),
    ...timeTexts('ends_at', event.ends_at, event.timezone),
    timezone: event.timezone,
    'venue.name': event.venue.name, 'venue.address': event.venue.address, 'venue.city': event.venue.city,
    'venue.country': event.venue.country, currency: event.currency,
    ticket_capacity: event.ticket_capacity === null ? '' : String(event.ticket_capacity),
    version: String(event.version),
  }
}

export interface ReadEvent { event: Static<typeof NewEvent>, errors: Texts }

/** The event that a form describes, and what is wrong with it by field. */
export function readEvent (t: Translate, texts: Texts): ReadEvent {
  const text = (name: string) => texts[name] ?? ''
  const zone = text('timezone')
  const capacity = text('ticket_capacity')
  const [starts_at, ends_at] = [fieldMoment(texts, 'starts_at', zone), fieldMoment(texts, 'ends_at', zone)]
  const event = {
    title: text('title'),
    description: text('description').replaceAll('\r\n', '\n'),
    category: text('category') as Category,
    starts_at: starts_at ?? text('starts_at'),
    ends_at: starts_at && ends_at ? endAfter(ends_at, starts_at, zone) : ends_at ?? text('ends_at'),
    timezone: zone,
    venue: {
      name: text('venue.name'), address: text('venue.address'), city: text('venue.city'), country: text('venue.country').toUpperCase(),
    },
    currency: text('currency'),
    ticket_capacity: capacity === '' ? null : Number(capacity),
  }
  const errors = check(t, NewEvent, event)
  if (!isZone(zone)) errors.timezone = t('errors.form.zone')
  if (errors['venue.country']) errors['venue.country'] = t('errors.form.country')
  if (errors.ticket_capacity) errors.ticket_capacity = t('errors.form.number')
  for (const name of ['starts_at', 'ends_at'] as const) {
    if (!errors.timezone && fieldMoment(texts, name, zone) === null) errors[name] = t('errors.form.time')
  }
  if (Object.keys(errors).length === 0 && endsTooSoon(event.starts_at, event.ends_at)) {
    errors.ends_at = t('errors.form.time_order')
  }
  return { event, errors }
}
