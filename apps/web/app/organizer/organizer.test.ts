import { expect, test } from 'vitest'
import { translators } from '../i18n/translators.server.ts'
import { readEvent, textsOfEvent } from './event-form.server.ts'
import { promoChangesOf, readPromoCode, textsOfPromo } from './promo-code-form.server.ts'
import { readTicketType, textsOfType } from './ticket-type-form.server.ts'
import { countriesIn } from './countries.server.ts'
import { allZones, isZone, momentOf, wallTime } from './zones.server.ts'

const { t } = translators.en
const event = { id: '0198f3c0-0000-7000-8000-000000000001', currency: 'EUR', timezone: 'Europe/Paris' }
const typeTexts = { name: 'Stalls', price: '12,50', capacity: '80', min_per_order: '1', max_per_order: '6' }
const eventTexts = {
  title: 'A', description: 'B', category: 'music', starts_at: '2027-07-01T20:00', ends_at: '2027-07-01T22:00',
  timezone: 'Asia/Tokyo', 'venue.name': 'Hall', 'venue.address': '1', 'venue.city': 'Kyoto', 'venue.country': 'jp', currency: 'JPY',
  ticket_capacity: '',
}

test('momentOf: a wall time belongs to its zone, also around the change of clocks', () => {
  expect(momentOf('2027-01-15T20:00', 'Europe/Paris')).toBe('2027-01-15T19:00:00Z')
  expect(momentOf('2027-03-28T02:30', 'Europe/Paris')).toBe('2027-03-28T01:30:00Z')
  expect(momentOf('2027-10-31T02:30', 'Europe/Paris')).toBe('2027-10-31T00:30:00Z')
  expect(wallTime('2027-01-15T19:00:00Z', 'Asia/Tokyo')).toBe('2027-01-16T04:00')
  for (const text of ['', 'soon', '2027-02-30T10:00']) expect(momentOf(text, 'Europe/Paris')).toBeNull()
  expect(momentOf('2027-01-15T20:00', 'Nowhere/Land')).toBeNull()
})

test('isZone: names of the IANA data, and nothing else', () => {
  expect(isZone('America/New_York')).toBe(true)
  for (const zone of ['', '+02:00', 'Paris', 'Europe/Nowhere']) expect(isZone(zone)).toBe(false)
})

test('readEvent: times are told in the zone of the venue', () => {
  const { event: read, errors } = readEvent(t, eventTexts)
  expect(errors).toEqual({})
  expect(read).toMatchObject({ starts_at: '2027-07-01T11:00:00Z', ticket_capacity: null, venue: { country: 'JP' } })
})

/** The clocks of New York show 1 to 2 o'clock twice that night. */
const autumn = { starts_at: '2027-11-07T05:30:00.000Z', ends_at: '2027-11-07T06:15:00.000Z' }

test('readEvent: an event over the hour that comes twice keeps its moments, and can be made', () => {
  const texts = { ...eventTexts, timezone: 'America/New_York', 'venue.country': 'US', currency: 'USD',
    starts_at: '2027-11-07T01:30', ends_at: '2027-11-07T01:15' }
  const made = readEvent(t, texts)
  expect(made.errors).toEqual({})
  expect(Date.parse(made.event.starts_at)).toBe(Date.parse(autumn.starts_at))
  expect(Date.parse(made.event.ends_at)).toBe(Date.parse(autumn.ends_at))
  for (const moments of [autumn,
    { starts_at: '2027-11-07T06:30:00.000Z', ends_at: '2027-11-07T08:00:00.000Z' },
    { starts_at: '2027-11-07T05:30:27.500Z', ends_at: '2027-11-07T06:00:01.000Z' }]) {
    const stored = { ...made.event, ...moments, ticket_capacity: null, version: 3 } as never
    const edited = readEvent(t, { ...textsOfEvent(stored), title: 'Another title' })
    expect(edited.errors).toEqual({})
    expect(edited.event).toMatchObject(moments)
  }
  const moved = readEvent(t, { ...textsOfEvent({ ...made.event, ...autumn, version: 3 } as never),
    starts_at: '2027-11-06T01:30', ends_at: '2027-11-06T03:00' })
  expect(moved.event).toMatchObject({
    starts_at: '2027-11-06T05:30:00Z', ends_at: '2027-11-06T07:00:00Z' })
})

test('readPromoCode, readTicketType: saving what nobody changed moves no time', () => {
  const here = { ...event, timezone: 'America/New_York' }
  const code = { code: 'AUTUMN', percent: 10, amount_minor: null, ticket_type_ids: [],
    valid_from: '2027-11-07T06:10:05.000Z', valid_until: '2027-11-07T06:20:00.000Z', max_uses: null,
    counts: 'orders' } as never
  expect(readPromoCode(t, textsOfPromo(code, here), here).code).toMatchObject({
    valid_from: '2027-11-07T06:10:05.000Z', valid_until: '2027-11-07T06:20:00.000Z' })
  const type = { ...readTicketType(t, typeTexts, here).type,
    sales_start: '2027-11-07T06:10:05.000Z', sales_end: '2027-11-07T06:20:00.000Z',
    tiers: [{ price_minor: 5, until: '2027-11-07T06:15:00.000Z', up_to_sold: null }] } as never
  expect(readTicketType(t, textsOfType(type, here.timezone), here).type).toMatchObject({
    sales_start: '2027-11-07T06:10:05.000Z', sales_end: '2027-11-07T06:20:00.000Z',
    tiers: [{ until: '2027-11-07T06:15:00.000Z' }] })
})

test('allZones: have today\'s names', () => {
  expect(allZones()).toEqual(expect.arrayContaining(['Europe/Kyiv', 'Asia/Kolkata', 'America/Nuuk']))
  for (const old of ['Europe/Kiev', 'Asia/Calcutta', 'Asia/Saigon']) expect(allZones()).not.toContain(old)
})

test('readEvent: every mistake is found at once, by field', () => {
  const { errors } =
    readEvent(t, { ...eventTexts, title: '', timezone: 'Tokyo', ticket_capacity: 'many', 'venue.country': 'Japan' })
  expect(errors).toMatchObject({
    title: 'Please fill this in.',
    timezone: 'Choose a time zone from the list, such as Europe/Paris.',
    ticket_capacity: 'Please enter a whole number.',
    'venue.country': 'Two letters, such as FR.',
  })
  expect(readEvent(t, { ...eventTexts, ends_at: '2027-07-01T19:00' }).errors).toEqual({ ends_at: 'The end has to be after the start.' })
})

test('readTicketType: amounts may be written with a comma, in the digits of their currency', () => {
  expect(readTicketType(t, typeTexts, event)).toMatchObject({ errors: {},
    type: { price_minor: 1250, capacity: 80, sales_start: null } })
  expect(readTicketType(t, { ...typeTexts, price: '12.50' },
    { ...event, currency: 'JPY' }).errors.price).toBeDefined()
  expect(readTicketType(t, { ...typeTexts, price: '1.250' },
    { ...event, currency: 'KWD' }).type.price_minor).toBe(1250)
})

test('readTicketType: a refused amount is told by an example of its currency, in the language', () => {
  const errorOf = (currency: string, price: string, language: 'en' | 'fr') =>
    readTicketType(translators[language].t, { ...typeTexts, price }, { ...event, currency })
      .errors.price
  expect(errorOf('JPY', '12.5', 'en')).toContain(' 1250.')
  expect(errorOf('KWD', '9.7501', 'en')).toContain(' 1.250.')
  expect(errorOf('EUR', '1.2.3', 'fr')).toContain(' 12,50.')
})

test('readTicketType: numbers that are none, and limits that exclude each other, are refused', () => {
  for (const capacity of ['', '-1', '1e309', '２', '1.5', 'ten']) {
    expect(readTicketType(t, { ...typeTexts, capacity }, event).errors.capacity,
      capacity).toBeDefined()
  }
  expect(readTicketType(t, { ...typeTexts, min_per_order: '4', max_per_order: '2' },
    event).errors.max_per_order).toBeDefined()
  const wrong = { ...typeTexts, sales_start: '2027-02-01T10:00', sales_end: '2027-01-01T10:00' }
  expect(readTicketType(t, wrong, event).errors.sales_end).toBeDefined()
})

test('readTicketType: the rules of sale, each mistake at its field', () => {
  const rules = { max_per_buyer: '4', access_code: 'sesame', pricing: 'fixed', tier_price_0: '9,50',
    tier_until_0: '2027-01-15T20:00', tier_price_1: '11', tier_sold_1: '50' }
  const { type, errors } = readTicketType(t, { ...typeTexts, ...rules }, event)
  expect(errors).toEqual({})
  expect(type).toMatchObject({ max_per_buyer: 4, access_code: 'sesame', pricing: 'fixed', tiers: [
    { price_minor: 950, until: '2027-01-15T19:00:00Z', up_to_sold: null },
    { price_minor: 1100, until: null, up_to_sold: 50 }] })
  for (const [field, wrong] of [
    ['tiers', { tier_price_0: '5', tier_until_0: '' }], ['tiers', { tier_price_0: 'cheap' }],
    ['tiers', { tier_sold_1: 'many' }], ['tiers', { pricing: 'donation' }], ['min_price', { min_price: '3' }],
    ['min_price', { min_price: 'x' }], ['max_per_buyer', { min_per_order: '5' }], ['access_code', { access_code: 'abc' }],
  ] as const) {
    expect(Object.keys(readTicketType(t, { ...typeTexts, ...rules, ...wrong }, event).errors))
      .toContain(field)
  }
  expect(readTicketType(t, typeTexts, event).type)
    .toMatchObject(
      { max_per_buyer: null, access_code: null, pricing: 'fixed', min_price_minor: 0, tiers: [] })
})

test('readPromoCode: a percentage or an amount, in the words of the form', () => {
  const texts = { code: 'spring', percent: '10', [`type_${event.id}`]: 'on', counts: 'tickets', max_uses: '30' }
  const { code, errors } = readPromoCode(t, texts, event)
  expect(errors).toEqual({})
  expect(code)
    .toMatchObject(
      { percent: 10, amount_minor: null, ticket_type_ids: [event.id], counts: 'tickets', max_uses: 30 })
  expect(promoChangesOf(code)).not.toHaveProperty('code')
  expect(readPromoCode(t, { code: 'five', amount: '5,00' }, event).code)
    .toMatchObject({ percent: null, amount_minor: 500 })
  for (const [field, wrong] of [['percent', { percent: '' }], ['percent', { amount: '5' }], ['percent', { percent: '101' }],
    ['amount', { percent: '', amount: '1.234' }], ['code', { code: 'a b' }], ['max_uses', { max_uses: '0' }],
    ['valid_until', { valid_from: '2027-01-02T00:00', valid_until: '2027-01-01T00:00' }]] as const) {
    expect(Object.keys(readPromoCode(t, { ...texts, ...wrong }, event).errors),
      JSON.stringify(wrong)).toContain(field)
  }
})

test('textsOfPromo: reads back as the same code', () => {
  const texts = { code: 'SPRING', percent: '', amount: '5.00', valid_from: '2027-01-01T10:00', valid_until: '',
    max_uses: '', counts: 'orders', [`type_${event.id}`]: 'on' }
  const { code } = readPromoCode(t, texts, event)
  const kept = { percent: null, amount_minor: null, ticket_type_ids: [], valid_from: null,
    valid_until: null,
    max_uses: null, counts: 'orders' as const, ...code, id: event.id, used: 0, created_at: '',
      updated_at: '' }
  expect(textsOfPromo(kept, event)).toMatchObject(texts)
})

test('countriesIn: every country once, by its name, in the order of the language', () => {
  const [english, french] = [countriesIn('en'), countriesIn('fr')]
  const named = (text: string) => english.find(country => country.text === text)?.value
  // Two letters that a person types are those of another country.
  expect([named('Germany'), named('Georgia'), named('Austria'), named('Australia')])
    .toEqual(['DE', 'GE', 'AT', 'AU'])
  expect(french.find(({ value }) => value === 'DE')!.text).toBe('Allemagne')
  expect(new Set(english.map(({ value }) => value)).size).toBe(english.length)
  expect(english.length).toBeGreaterThan(240)
  expect(english.map(({ value }) => value)).not.toEqual(expect.arrayContaining(['EU']))
  expect(french[0]!.text).toBe('Afghanistan')
})
