import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { opensTo } from './access-code.ts'
import { allocate } from './allocate.ts'
import { openPurchaseBook } from './buyer-limits.ts'
import { mailboxOf } from '@fermata/contracts/mailboxes'
import { flawOf, pricesOf } from './price-tiers.ts'
import { donationLimits, max_total_minor } from './pricing.ts'
import { applyPromo, discountOf } from './promo-codes.ts'
import type { BuyerKeys, Decision, Line, PromoForSale, Request, Stock, TicketTypeForSale } from './stock.ts'

/** The rules of sale: price steps, promo codes, limits of a buyer, hidden types, donations. */

const now = '2027-01-01T12:00:00.000Z'
const before = '2027-01-01T11:59:59.999Z'
const after = '2027-01-01T12:00:00.001Z'

const someType = (given: Partial<TicketTypeForSale> = {}): TicketTypeForSale => ({
  id: 'adult', name: 'Adult', price_minor: 1000, currency: 'EUR', pricing: 'fixed', min_price_minor: 0, tiers: [],
  access_code: null, sales_start: null, sales_end: null, min_per_order: 1, max_per_order: 100,
    max_per_buyer: null,
  capacity: 100, pool_ids: ['adult'], ...given })

const somePromo = (given: Partial<PromoForSale> = {}): PromoForSale => ({
  id: 'p1', code: 'SPRING', percent: 10, amount_minor: null, ticket_type_ids: [], valid_from: null,
    valid_until: null,
  max_uses: null, counts: 'orders', used: 0, ...given })

const someStock = (type: TicketTypeForSale, given: Partial<Stock> = {}): Stock => ({
  now, event: { id: 'concert', status: 'published', ends_at: after }, ticket_types: new Map([[type.id, type]]),
  left: new Map([[type.id, type.capacity]]), promos: new Map(), purchases: [],
  fairness: {
    network_share_percent: 100, max_per_buyer: 0, unsold: new Map(), open_holds: [], earlier: [],
  },
  ...given })

const want = (quantity: number, given: Partial<Request> = {}): Request =>
  ({ items: [{ ticket_type_id: 'adult', quantity }], ...given })
const whyOf = (decision: Decision | undefined) => decision?.sold === false ? decision.refusal : 'sold'

describe('pricesOf: steps without a gap or an overlap', () => {
  const type = { price_minor: 30, tiers: [
    { price_minor: 10, up_to_sold: 5 }, { price_minor: 20, until: after, up_to_sold: 8 } ] }

  test('an order across a step pays each price for its part', () => {
    expect(pricesOf(type, 3, 6, now)).toEqual([
      { price_minor: 10, quantity: 2 }, { price_minor: 20, quantity: 3 },
        { price_minor: 30, quantity: 1 }])
    expect(pricesOf(type, 3, 6, after)).toEqual([
      { price_minor: 10, quantity: 2 }, { price_minor: 30, quantity: 4 }])
    expect(pricesOf(type, 8, 1, now)).toEqual([{ price_minor: 30, quantity: 1 }])
  })

  test('a step ends at its moment, not after it', () => {
    const early = { price_minor: 30, tiers: [{ price_minor: 10, until: now }] }
    expect(pricesOf(early, 0, 1, before)).toEqual([{ price_minor: 10, quantity: 1 }])
    expect(pricesOf(early, 0, 1, now)).toEqual([{ price_minor: 30, quantity: 1 }])
  })

  const tiers = fc.array(fc.record({
    price_minor: fc.integer({ min: 0, max: 5 }), until: fc.constantFrom(null, before, now, after),
    up_to_sold: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 30 })) }), { maxLength: 5 })
  /** One ticket after the other, each at the price of the first step that still applies to it. */
  const model = (given: Parameters<typeof pricesOf>[0], taken: number, quantity: number) =>
    Array.from({ length: quantity }, (_, index) => given.tiers.find(({ until, up_to_sold }) =>
      (!until || now < until) &&
        (!up_to_sold || taken + index < up_to_sold))?.price_minor ?? given.price_minor)
  const holds = (rule: typeof pricesOf) =>
    fc.property(tiers, fc.nat(30), fc.integer({ min: 1, max: 30 }),
    (given, taken, quantity) => {
      const priced = { price_minor: 9, tiers: given }
      const single = rule(priced, taken, quantity, now)
        .flatMap(price => Array.from({ length: price.quantity }, () => price.price_minor))
      expect(single).toEqual(model(priced, taken, quantity))
    })

  test('every ticket has exactly one price, that of its place', () => {
    fc.assert(holds(pricesOf), { numRuns: 2000 })
  })

  test('the property notices a rule that gives a whole order the price of its first ticket', () => {
    const first: typeof pricesOf = (priced, taken, quantity, at) =>
      [{ ...pricesOf(priced, taken, 1, at)[0]!, quantity }]
    expect(fc.check(holds(first), { numRuns: 2000 }).failed).toBe(true)
  })

  test('splitting a sale into smaller ones changes no price', () => {
    fc.assert(
      fc.property(tiers, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }),
        (given, a, b) => {
      const priced = { price_minor: 9, tiers: given }
      const sum = (prices: ReturnType<typeof pricesOf>) =>
        prices.reduce((total, price) => total + price.price_minor * price.quantity, 0)
      expect(sum(pricesOf(priced, 0, a, now)) + sum(pricesOf(priced, a, b, now)))
        .toBe(sum(pricesOf(priced, 0, a + b, now)))
    }))
  })

  test('flawOf: names steps that nobody could reach', () => {
    expect(flawOf([])).toBeNull()
    expect(flawOf(type.tiers)).toBeNull()
    expect(flawOf([{ price_minor: 1 }])).toMatch(/without a limit/)
    expect(flawOf([{ price_minor: 1, up_to_sold: 5 }, { price_minor: 2, up_to_sold: 5 }]))
      .toMatch(/no more/)
    expect(flawOf([{ price_minor: 1, until: after }, { price_minor: 2, until: now }])).toMatch(/no later/)
  })
})

describe('discountOf: whole minor units', () => {
  test('rounds a percentage to the nearest, half a unit for the buyer', () => {
    expect(discountOf({ percent: 10, amount_minor: null }, 1995)).toBe(200)
    expect(discountOf({ percent: 10, amount_minor: null }, 1994)).toBe(199)
    expect(discountOf({ percent: 50, amount_minor: null }, 1)).toBe(1)
    expect(discountOf({ percent: 100, amount_minor: null }, max_total_minor)).toBe(max_total_minor)
    expect(discountOf({ percent: null, amount_minor: 500 }, 300)).toBe(300)
  })

  const price = fc.integer({ min: 0, max: max_total_minor })
  const promo = fc.oneof(
    fc.record({ percent: fc.integer({ min: 1, max: 100 }), amount_minor: fc.constant(null) }),
    fc.record({ percent: fc.constant(null), amount_minor: price }))

  test('is never negative, never more than the price, and within half a unit of the exact percentage', () => {
    fc.assert(fc.property(promo, price, (given, price_minor) => {
      const discount = discountOf(given, price_minor)
      expect(Number.isSafeInteger(discount) && discount >= 0 && discount <= price_minor).toBe(true)
      if (given.percent === null) return
      const twice_error = BigInt(discount) * 200n - BigInt(price_minor) * BigInt(given.percent) * 2n
      expect(twice_error > -100n && twice_error <= 100n).toBe(true)
    }), { numRuns: 2000 })
  })

  test('applyPromo: an order is the exact sum of its tickets, and price plus discount the full price', () => {
    const lines = fc.array(fc.record({ price, quantity: fc.integer({ min: 1, max: 100 }) }),
      { minLength: 1, maxLength: 20 })
    fc.assert(fc.property(lines, promo, (given, off) => {
      const full: Line[] = given.map(line =>
        ({ type: someType(), quantity: line.quantity, unit_price_minor: line.price,
          discount_minor: 0 }))
      const { lines: reduced, uses } = applyPromo(somePromo({ ...off, counts: 'tickets' }), full)
      reduced.forEach((line, i) => expect(line.unit_price_minor + line.discount_minor)
        .toBe(full[i]!.unit_price_minor))
      expect(uses)
        .toBe(reduced.reduce((sum, line) => sum + (line.discount_minor > 0 ? line.quantity : 0), 0))
    }))
  })
})

describe('allocate: promo codes', () => {
  const withPromo = (promo: Partial<PromoForSale>) =>
    someStock(someType(), { promos: new Map([['SPRING', somePromo(promo)]]) })
  const using = (quantity: number) => want(quantity, { promo_code: 'SPRING' })

  test.each([
    ['unknown', someStock(someType())],
    ['not_yet', withPromo({ valid_from: after })],
    ['ended', withPromo({ valid_until: now })],
    ['not_for_these', withPromo({ ticket_type_ids: ['child'] })],
    ['used_up', withPromo({ max_uses: 3, used: 3 })],
  ] as const)('refuses one that is %s', (why, stock) => {
    expect(whyOf(allocate(stock, [using(2)])[0])).toMatchObject({ reason: 'promo_refused', promo_code: 'SPRING', why })
  })

  test('says how many uses are left when an order needs more', () => {
    expect(whyOf(allocate(withPromo({ counts: 'tickets', max_uses: 3, used: 1 }), [using(3)])[0]))
      .toMatchObject({ why: 'used_up', left: 2 })
  })

  const budget = fc.record({ counts: fc.constantFrom('orders' as const, 'tickets' as const),
    max_uses: fc.integer({ min: 1, max: 15 }),
      quantities: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 25 }) })
  const holds = (rule: typeof allocate) =>
    fc.property(budget, ({ counts, max_uses, quantities }) => {
    let used = 0
    const expected = quantities.map(quantity => {
      const needed = counts === 'tickets' ? quantity : 1
      const fits = used + needed <= max_uses
      if (fits) used += needed
      return fits
    })
    expect(rule(withPromo({ counts, max_uses }), quantities.map(using)).map(one => one.sold))
      .toEqual(expected)
  })

  test('a budget is spent in order of arrival and never beyond', () => {
    fc.assert(holds(allocate), { numRuns: 1000 })
  })

  test('the property notices a rule that forgets what earlier orders used', () => {
    const forgetful: typeof allocate = (stock, requests) =>
      requests.flatMap(one => allocate(stock, [one]))
    expect(fc.check(holds(forgetful), { numRuns: 1000 }).failed).toBe(true)
  })
})

describe('allocate: what one person may have', () => {
  const buyer = fc.record(
    { user_id: fc.constantFrom(null, 'u1', 'u2'), email_key: fc.constantFrom('a@x', 'b@x', 'c@x') })
  const wish = fc.record({ buyer, quantity: fc.integer({ min: 1, max: 4 }) })
  const scenario = fc.record({ limit: fc.integer({ min: 1, max: 8 }),
    had: fc.array(wish, { maxLength: 3 }), wishes: fc.array(wish, { maxLength: 20 }) })
  const isSame = (a: BuyerKeys, b: BuyerKeys) =>
    a.email_key === b.email_key || (a.user_id !== null && a.user_id === b.user_id)

  const holds = (rule: typeof allocate) => fc.property(scenario, ({ limit, had, wishes }) => {
    const owned = [...had]
    const expected = wishes.map(one => {
      const has = owned.filter(other => isSame(one.buyer, other.buyer))
        .reduce((sum, other) => sum + other.quantity, 0)
      const fits = has + one.quantity <= limit
      if (fits) owned.push(one)
      return fits
    })
    const stock = someStock(someType({ max_per_buyer: limit }), {
      purchases: had.map(one => ({ ...one.buyer, ticket_type_id: 'adult', quantity: one.quantity })) })
    expect(rule(stock, wishes.map(one => want(one.quantity, { buyer: one.buyer })))
      .map(one => one.sold))
      .toEqual(expected)
  })

  test('counts by account and by address, also within a batch', () => {
    fc.assert(holds(allocate), { numRuns: 2000 })
  })

  test('the property notices rules that forget a batch, or the address', () => {
    const forgetful: typeof allocate = (stock, requests) =>
      requests.flatMap(one => allocate(stock, [one]))
    const blind: typeof allocate = (stock, requests) => allocate(stock, requests.map((one, i) =>
      ({ ...one, buyer: { user_id: one.buyer!.user_id, email_key: String(i) } })))
    for (const rule of [forgetful, blind]) expect(fc.check(holds(rule), { numRuns: 2000 })
      .failed).toBe(true)
  })

  test('ownedBy: what account and address have in common counts once', () => {
    const ann = { user_id: 'u1', email_key: 'a@x' }
    const book = openPurchaseBook([{ ...ann, ticket_type_id: 't', quantity: 2 },
      { user_id: null, email_key: 'a@x', ticket_type_id: 't', quantity: 1 }])
    expect(book.ownedBy(ann, 't')).toBe(3)
    expect(book.ownedBy({ user_id: 'u1', email_key: 'z@x' }, 't')).toBe(2)
    expect(book.ownedBy(ann, 'other')).toBe(0)
  })
})

test('mailboxOf: spellings that reach one letter box have one key', () => {
  for (const email of ['ann@example.com', 'Ann@Example.COM', 'ann+2@example.com', ' ann+a+b@example.com']) {
    expect(mailboxOf(email)).toBe('ann@example.com')
  }
  expect(mailboxOf('A.n.n+x@googlemail.com')).toBe('ann@gmail.com')
  expect(mailboxOf('a.nn@example.com')).toBe('a.nn@example.com')
  expect(mailboxOf('+ann@example.com')).toBe('+ann@example.com')
})

test('opensTo: only the very code opens a hidden type', () => {
  expect(opensTo(null, undefined)).toBe(true)
  fc.assert(fc.property(fc.string({ minLength: 1 }), fc.string(), (code, given) => {
    expect(opensTo(code, given)).toBe(code === given)
    expect(opensTo(code, code)).toBe(true)
    expect(opensTo(code, undefined)).toBe(false)
  }))
})

describe('allocate: hidden types and donations', () => {
  test('without its code a hidden type is not there', () => {
    const stock = someStock(someType({ access_code: 'sesame' }))
    expect(whyOf(allocate(stock, [want(1)])[0])).toMatchObject({ reason: 'unknown_ticket_type' })
    expect(whyOf(allocate(stock, [want(1, { access_code: 'sesam' })])[0])).toMatchObject({ reason: 'unknown_ticket_type' })
    expect(whyOf(allocate(stock, [want(1, { access_code: 'sesame' })])[0])).toBe('sold')
  })

  test('a donation is what the buyer names, within its limits, and nothing else may be named', () => {
    const gift = someType({ pricing: 'donation', min_price_minor: 500 })
    const naming = (price_minor?: number): Request =>
      ({ items: [{ ticket_type_id: 'adult', quantity: 2, price_minor }] })
    const { minimum_minor, maximum_minor } = donationLimits(gift)
    expect([minimum_minor, maximum_minor]).toEqual([500, 1_000_000])
    for (const price of [undefined, 499, 1_000_001]) {
      expect(whyOf(allocate(someStock(gift), [naming(price)])[0]))
        .toMatchObject({ reason: 'price_refused', minimum_minor })
    }
    expect(allocate(someStock(gift), [naming(777)])[0])
      .toMatchObject({ sold: true, total_minor: 1554 })
    expect(whyOf(allocate(someStock(someType()), [naming(777)])[0])).toMatchObject({ reason: 'price_fixed' })
  })

  test('no code makes a donation smaller', () => {
    const stock = someStock(someType({ pricing: 'donation' }), { promos: new Map([['SPRING', somePromo()]]) })
    const request = { items: [{ ticket_type_id: 'adult', quantity: 1, price_minor: 100 }],
      promo_code: 'SPRING' }
    expect(whyOf(allocate(stock, [request])[0])).toMatchObject({ why: 'not_for_these' })
  })

  test('tickets of a batch take their price steps in the order of their arrival', () => {
    const stock = someStock(someType({ tiers: [{ price_minor: 100, up_to_sold: 3 }] }))
    const totals = allocate(stock, [want(2), want(101), want(2), want(1)])
      .map(one => one.sold ? one.total_minor : whyOf(one))
    expect(totals).toMatchObject([200, { reason: 'limit_reached', scope: 'order' }, 1100, 1000])
  })
})
