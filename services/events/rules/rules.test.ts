import { expect, test } from 'vitest'
import fc from 'fast-check'
import { checkEvent, isTimeZone, normalizeEvent, type Details } from './check-event.ts'
import { changedFacts } from './event-facts.ts'
import { searchWords } from './search-words.ts'
import { isId, slugOf } from './slug.ts'

const details: Details = {
  title: 'A', description: 'B', starts_at: '2027-03-01T18:00:00+01:00', ends_at: '2027-03-01T20:00:00Z', timezone: 'Europe/Paris',
  venue: { name: ' The  hall ', address: '1 Square', city: 'Lyon', country: 'FR' }, category: 'music', images: [],
  ticket_capacity: null, currency: 'EUR',
}

test('slugOf: folds letters of many languages', () => {
  expect(slugOf('Łódź & Straße: Ærø, Þórr — ½ Ünïcode’s')).toBe('lodz-and-strasse-aero-thorr-1-2-unicode-s')
  expect(slugOf('東京')).toBe('event')
  expect(slugOf('new')).toBe('event-new')
  expect(slugOf('01a1fd12-d56e-7000-a503-d5436d85e79d')).toMatch(/^event-/)
})

test('slugOf: any title gives an address that is short, clean and not an id', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), title => {
    const slug = slugOf(title)
    expect(slug).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    expect(slug.length).toBeLessThanOrEqual(90)
    expect(isId(slug)).toBe(false)
    expect(slugOf(title)).toBe(slug)
  }))
})

test('searchWords: nothing but letters, marks and digits is left, and never many', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), q => {
    const { beginnings, parts } = searchWords(q)
    expect(beginnings.length + parts.length).toBeLessThanOrEqual(8)
    for (const word of [...beginnings, ...parts]) expect(word).toMatch(/^[\p{L}\p{M}\p{N}]+$/u)
  }))
  expect(searchWords('Rock-Festival 東京')).toEqual({ beginnings: ['Rock', 'Festival'], parts: ['東京'] })
})

test('isTimeZone: zones and their aliases, not offsets', () => {
  for (const name of ['Europe/Paris', 'Asia/Calcutta', 'America/Argentina/Buenos_Aires', 'UTC', 'Etc/GMT+3']) expect(isTimeZone(name), name).toBe(true)
  for (const name of ['', '+02:00', 'Paris', 'Europe/Atlantis', '../etc/passwd', 'Europe/Paris ']) expect(isTimeZone(name), name).toBe(false)
})

test('checkEvent: takes a whole event, and names each field it refuses', () => {
  const fields = (changes: Partial<Details>) =>
    checkEvent({ ...details, ...changes }).map(error => error.field)
  expect(fields({})).toEqual([])
  expect(fields({ ends_at: details.starts_at })).toEqual(['ends_at'])
  expect(fields({ starts_at: '1960-01-01T00:00:00Z' })).toEqual(['starts_at'])
  expect(fields({ currency: 'XXX', timezone: 'Nowhere', title: ' ' })).toEqual(['timezone', 'currency', 'title'])
  expect(fields({ venue: { ...details.venue, city: ' ' } })).toEqual(['venue.city'])
})

test('normalizeEvent: one form for moments and lines', () => {
  expect(normalizeEvent(details)).toMatchObject({
    starts_at: '2027-03-01T17:00:00.000Z', ends_at: '2027-03-01T20:00:00.000Z', venue: { name: 'The hall' },
  })
})

test('changedFacts: names what differs by content, the version apart', () => {
  const facts = {
    id: '1', slug: 'a', title: 'A', organizer_id: '2', organizer_name: 'O',
      starts_at: '', ends_at: '', timezone: 'UTC',
    venue: { name: 'n', address: 'a', city: 'c', country: 'FR' }, category: 'music', currency: 'EUR',
      image: null,
    status: 'draft' as const, version: 1,
  }
  const venue = { country: 'FR', city: 'c', address: 'a', name: 'n' }
  expect(changedFacts(facts, { ...facts, venue, version: 2 })).toEqual([])
  expect(changedFacts(facts, { ...facts, title: 'B', image: '/a.png' })).toEqual(['title', 'image'])
})
