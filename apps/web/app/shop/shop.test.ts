import { expect, test } from 'vitest'
import { drawArtwork } from './artwork-drawing.ts'
import { choiceQuery, priceOf, quantitiesOf, readChoice, readCodes } from './choice.ts'
import { summarizeSale } from './sale-summary.ts'
import { readSearch } from './search.ts'

const id = '0198f3c0-0000-7000-8000-000000000001'
const type = {
  on_sale: 'open' as const, available: 50, capacity: 100, current_price_minor: 1200, currency: 'EUR',
  sales_start: null,
}

test('drawArtwork: a word that every object knows is no category', () => {
  for (const word of ['__proto__', 'constructor', 'toString']) {
    expect(drawArtwork(word, 'x')).toContain('<svg')
  }
})

test('readChoice: only ticket types with a quantity count', () => {
  const other = id.replace(/1$/, '2')
  expect(readChoice(new URLSearchParams({ [id]: '2', [other]: '0', q: '3',
    lang: 'fr' }))).toEqual([{ ticket_type_id: id, quantity: 2 }])
  for (const text of ['-1', '1e3', '２', '2.5', '', '0x10',
    '1000']) expect(readChoice(new URLSearchParams({ [id]: text }))).toEqual([])
  expect(readChoice(new URLSearchParams(choiceQuery([{ ticket_type_id: id,
    quantity: 7 }])))).toEqual([{ ticket_type_id: id, quantity: 7 }])
})

test('quantitiesOf: from the least per order to what is left or allowed', () => {
  const limits = { min_per_order: 2, max_per_order: 4, on_sale: 'open' } as const
  expect(quantitiesOf({ ...limits, available: 10 })).toEqual([2, 3, 4])
  expect(quantitiesOf({ ...limits, available: 3 })).toEqual([2, 3])
  expect(quantitiesOf({ ...limits, available: 1 })).toEqual([])
  expect(quantitiesOf({ ...limits, available: 10, on_sale: 'upcoming' })).toEqual([])
})

test('summarizeSale: the cheapest that can still be had, and how it stands', () => {
  expect(summarizeSale([])).toMatchObject({ state: 'none', from_minor: null })
  expect(summarizeSale([type,
    { ...type, current_price_minor: 500, on_sale: 'sold_out',
    available: 0 }])).toMatchObject({ state: 'open', from_minor: 1200 })
  expect(summarizeSale([{ ...type, available: 10 }]).state).toBe('few')
  expect(summarizeSale([{ ...type, available: 11 }]).state).toBe('open')
  expect(summarizeSale([{ ...type, on_sale: 'sold_out' }, { ...type, on_sale: 'ended' }]).state).toBe('sold_out')
  expect(summarizeSale([{ ...type, on_sale: 'upcoming', sales_start: '2027-01-01T00:00:00Z' }]))
    .toMatchObject({ state: 'upcoming', opens_at: '2027-01-01T00:00:00Z' })
})

test('readSearch: the last day counts to its end, and mistakes are left out', () => {
  const search = readSearch(new URLSearchParams('q=+opera+&category=music&from=2027-03-01&to=2027-03-01&city='))
  expect(search.query).toMatchObject({ q: 'opera', category: 'music', from: '2027-03-01T00:00:00.000Z', to: '2027-03-02T00:00:00.000Z' })
  expect(search.is_search).toBe(true)
  const wrong = readSearch(new URLSearchParams('category=nonsense&from=yesterday&to=2027-13-45'))
  expect(wrong.is_search).toBe(false)
  expect(wrong.query.category).toBeUndefined()
})

test('drawArtwork: the same name gives the same picture, another name another', () => {
  expect(drawArtwork('music', 'a')).toBe(drawArtwork('music', 'a'))
  expect(drawArtwork('music', 'a')).not.toBe(drawArtwork('music', 'b'))
})

test('drawArtwork: no name can put anything into the picture', () => {
  const evil = drawArtwork('"><script>', '</svg><script>alert(1)</script>')
  expect(evil).not.toContain('script')
  expect(evil).not.toMatch(/NaN|undefined/)
})

test('readChoice: named prices and codes travel in the address; two lines of one type become one', () => {
  const chosen = [{ ticket_type_id: id, quantity: 2, price: '12,50' }]
  const codes = { code: 'open-sesame', promo: 'SPRING' }
  const params = new URLSearchParams(choiceQuery(chosen, codes))
  expect(readChoice(params)).toEqual(chosen)
  expect(readCodes(params)).toEqual(codes)
  expect(readCodes(new URLSearchParams({ code: ' ', promo: 'x'.repeat(65) }))).toEqual({})
  const lines = [{ ticket_type_id: id, quantity: 1 }, { ticket_type_id: id, quantity: 2 }]
  expect(readChoice(new URLSearchParams(choiceQuery(lines))))
    .toEqual([{ ticket_type_id: id, quantity: 3 }])
})

test('priceOf: the price of now, or the one that the buyer named', () => {
  const chosen = { ticket_type_id: id, quantity: 1, price: '7,50' }
  expect(priceOf({ pricing: 'fixed', current_price_minor: 900, currency: 'EUR' }, chosen)).toBe(900)
  expect(priceOf({ pricing: 'donation', current_price_minor: 900, currency: 'EUR' }, chosen)).toBe(750)
  expect(priceOf({ pricing: 'donation', current_price_minor: 900, currency: 'EUR' },
    { ...chosen, price: 'much' })).toBe(0)
})
