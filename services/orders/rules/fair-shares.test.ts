import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { allocate } from './allocate.ts'
import { buyerLimit, openPeopleBook, shareOf, type EarlierOrder } from './fair-shares.ts'
import type { Asker, Decision, Request, Stock, TicketTypeForSale } from './stock.ts'

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)

const type: TicketTypeForSale = {
  id: 'adult', name: 'Adult', price_minor: 1000, currency: 'EUR', sales_start: null, sales_end: null,
  pricing: 'fixed', min_price_minor: 0, tiers: [], access_code: null, min_per_order: 1,
  max_per_order: 10, max_per_buyer: null, capacity: 100, pool_ids: ['adult'],
}

interface Sale { capacity: number, sold: number, percent: number, max_per_buyer: number | null }

const stockOf = (
  { capacity, sold, percent, max_per_buyer }: Sale, held = new Map<string, number>(),
  earlier: EarlierOrder[] = [],
): Stock => {
  const in_holds = [...held.values()].reduce((sum, tickets) => sum + tickets, 0)
  return {
    now: '2027-01-01T12:00:00.000Z', promos: new Map(), purchases: [],
    event: { id: 'concert', status: 'published', ends_at: '2027-01-02T00:00:00.000Z' },
    ticket_types: new Map([['adult', { ...type, capacity }]]),
    left: new Map([['adult', capacity - sold - in_holds]]),
    fairness: {
      network_share_percent: percent, max_per_buyer, unsold: new Map([['adult', capacity - sold]]),
      open_holds: [...held].map(([network, tickets]) => ({ network, pool_id: 'adult', tickets })),
      earlier,
    },
  }
}

const wish = (asker: Partial<Asker>, quantity: number): Request => ({
  items: [{ ticket_type_id: 'adult', quantity }],
  asker: { network: 'n', mailbox: 'm', visitor: null, user_id: null, ...asker },
})
const reasonOf = (decision: Decision | undefined) =>
  decision?.sold === false ? decision.refusal.reason : 'sold'

const wishes = fc.array(fc.record({
  network: fc.constantFrom('a', 'b', 'c'), mailbox: fc.nat({ max: 40 }).map(String),
  visitor: fc.option(fc.constantFrom('v', 'w')), user_id: fc.option(fc.constantFrom('u', 'x')),
  quantity: fc.integer({ min: 1, max: 10 }),
}), { maxLength: 60 })
const sales = fc.record({
  capacity: fc.integer({ min: 20, max: 200 }), sold: fc.integer({ min: 0, max: 20 }),
  percent: fc.integer({ min: 1, max: 100 }),
  max_per_buyer: fc.option(fc.integer({ min: 0, max: 30 })),
})

/** What holds after a batch, counted apart from the rule. */
function breaches (sale: Sale, all: Request[], decide: (requests: Request[]) => Decision[]) {
  const decisions = decide(all)
  const sold = all.filter((_, index) => decisions[index]!.sold)
  const ticketsOf = (some: Request[]) =>
    some.reduce((sum, { items }) => sum + items[0]!.quantity, 0)
  const share = shareOf(sale.capacity - sale.sold, sale.percent)
  const limit = buyerLimit(sale.max_per_buyer, [type])
  const faults: string[] = []
  for (const { asker } of all) {
    const of_network = sold.filter(one => one.asker!.network === asker!.network)
    const of_person = sold.filter(({ asker: other }) => other!.mailbox === asker!.mailbox)
    if (ticketsOf(of_network) > share) faults.push('network')
    if (ticketsOf(of_person) > limit) faults.push('person')
  }
  return faults
}

test('allocate: no network holds more than its share, no mailbox more than its limit', () => {
  let refused = 0
  let unguarded_faults = 0
  fc.assert(fc.property(sales, wishes, (sale, wanted) => {
    const all = wanted.map(({ quantity, ...asker }) => wish(asker, quantity))
    expect(breaches(sale, all, requests => {
      const decisions = allocate(stockOf(sale), requests)
      refused += decisions.filter(one => reasonOf(one) === 'share_reached').length
      return decisions
    })).toEqual([])
    // The control: one batch for each request, and nothing is remembered between them.
    unguarded_faults += breaches(sale, all, requests =>
      requests.flatMap(request => allocate(stockOf(sale), [request]))).length
  }), { seed, numRuns: 300 })
  expect(refused, `seed ${seed}`).toBeGreaterThan(0)
  expect(unguarded_faults, `seed ${seed}`).toBeGreaterThan(0)
})

test('allocate: what a network holds counts, what it has paid does not', () => {
  const sale = { capacity: 100, sold: 0, percent: 50, max_per_buyer: 0 }
  const next = (stock: Stock) => reasonOf(allocate(stock, [wish({}, 1)])[0])
  expect(next(stockOf(sale, new Map([['n', 49]])))).toBe('sold')
  expect(next(stockOf(sale, new Map([['n', 50]])))).toBe('share_reached')
  expect(next(stockOf(sale, new Map([['other', 50]])))).toBe('sold')
  // 50 sold to this very network: half of the other 50 may be held.
  expect(next(stockOf({ ...sale, sold: 50 }, new Map([['n', 24]])))).toBe('sold')
  expect(next(stockOf({ ...sale, sold: 50 }, new Map([['n', 25]])))).toBe('share_reached')
})

test('allocate: a small event can be bought whole from one address', () => {
  const sale = { capacity: 10, sold: 0, percent: 1, max_per_buyer: null }
  expect(reasonOf(allocate(stockOf(sale), [wish({}, 10)])[0])).toBe('sold')
})

test('allocate: sold out is told before a share that was reached', () => {
  const sale = { capacity: 100, sold: 0, percent: 50, max_per_buyer: 0 }
  const [decision] = allocate(stockOf(sale, new Map([['n', 60], ['o', 40]])), [wish({}, 1)])
  expect(reasonOf(decision)).toBe('sold_out')
})

test('allocate: orders of one mailbox, account or browser count together, each once', () => {
  const sale = { capacity: 1000, sold: 0, percent: 100, max_per_buyer: 10 }
  const had = (given: Partial<EarlierOrder>): EarlierOrder =>
    ({ mailbox: null, visitor: null, user_id: null, tickets: 4, is_open: false, ...given })
  const earlier = [had({ mailbox: 'm', user_id: 'u' }), had({ visitor: 'v' })]
  const next = (asker: Partial<Asker>, quantity: number) =>
    reasonOf(allocate(stockOf(sale, new Map(), earlier), [wish(asker, quantity)])[0])
  expect(next({ mailbox: 'm', user_id: 'u', visitor: 'v' }, 2)).toBe('sold')
  expect(next({ mailbox: 'm', user_id: 'u', visitor: 'v' }, 3)).toBe('limit_reached')
  expect(next({ mailbox: 'm', user_id: 'u' }, 6)).toBe('sold')
  expect(next({ mailbox: 'new', visitor: 'v' }, 7)).toBe('limit_reached')
  expect(next({ mailbox: 'new' }, 10)).toBe('sold')
})

test('buyerLimit: the default never forbids what one order may have', () => {
  expect(buyerLimit(null, [{ max_per_order: 4, max_per_buyer: null }])).toBe(10)
  expect(buyerLimit(null, [{ max_per_order: 30, max_per_buyer: null }])).toBe(30)
  expect(buyerLimit(null, [{ max_per_order: 5, max_per_buyer: 20 }])).toBe(20)
  expect(buyerLimit(4, [{ max_per_order: 30, max_per_buyer: null }])).toBe(4)
  expect(buyerLimit(0, [{ max_per_order: 1, max_per_buyer: 1 }])).toBe(Infinity)
})

test('openPeopleBook: knows nobody by an absent name', () => {
  const book = openPeopleBook([
    { mailbox: null, visitor: null, user_id: null, tickets: 9, is_open: true }])
  expect(book.of({ mailbox: 'm', visitor: null, user_id: null })).toEqual({ tickets: 0, open: 0 })
})
