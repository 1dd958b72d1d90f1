import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allocate } from './allocate.ts'
import type { Decision, Stock, TicketTypeForSale, Wanted } from './stock.ts'

const now = '2027-01-01T12:00:00.000Z'
const before = '2027-01-01T11:59:59.999Z'
const after = '2027-01-01T12:00:00.001Z'

const someType = (given: Partial<TicketTypeForSale> = {}): TicketTypeForSale => ({
  id: 'adult', name: 'Adult', price_minor: 1000, currency: 'EUR', sales_start: null, sales_end: null,
  pricing: 'fixed', min_price_minor: 0, tiers: [], access_code: null, min_per_order: 1,
  max_per_order: 10, max_per_buyer: null, capacity: 100, pool_ids: [given.id ?? 'adult'], ...given })

/** As an organiser has it who lets everybody come from one address. */
const no_shares = {
  network_share_percent: 100, max_per_buyer: 0, unsold: new Map(), open_holds: [], earlier: [],
}

const someStock = (types: TicketTypeForSale[], left: Record<string, number>,
  event: Partial<Stock['event']> = {}): Stock => ({
  now, event: { id: 'concert', status: 'published', ends_at: after, ...event },
  ticket_types: new Map(types.map(type => [type.id, type])), left: new Map(Object.entries(left)),
  promos: new Map(), purchases: [], fairness: no_shares })

const want = (quantity: number, ticket_type_id = 'adult'): Wanted[] => [{ ticket_type_id, quantity }]
const reasonOf = (decision: Decision | undefined) => decision?.sold === false
  ? decision.refusal.reason : 'sold'

describe('allocate: refuses with the reason', () => {
  const cases: [string, Stock, Wanted[]][] = [
    ['event_closed', someStock([someType()], { adult: 9 }, { status: 'draft' }), want(1)],
    ['event_closed', someStock([someType()], { adult: 9 }, { status: 'canceled' }), want(1)],
    ['event_closed', someStock([someType()], { adult: 9 }, { ends_at: now }), want(1)],
    ['unknown_ticket_type', someStock([someType()], { adult: 9 }), want(1, 'child')],
    ['not_on_sale', someStock([someType({ sales_start: after })], { adult: 9 }), want(1)],
    ['not_on_sale', someStock([someType({ sales_end: now })], { adult: 9 }), want(1)],
    ['sold', someStock([someType({ sales_start: now, sales_end: after })], { adult: 9 }), want(1)],
    ['sold', someStock([someType({ sales_start: before })], { adult: 9 }), want(9)],
    ['below_minimum', someStock([someType({ min_per_order: 2 })], { adult: 9 }), want(1)],
    ['limit_reached', someStock([someType({ max_per_order: 8 })], { adult: 9 }), want(9)],
    ['sold_out', someStock([someType()], { adult: 8 }), want(9)],
    ['sold_out', someStock([someType({ pool_ids: [] })], {}), want(1)],
    ['sold_out', someStock([someType({ pool_ids: ['adult', 'gone'] })], { adult: 9 }), want(1)],
    ['not_chargeable', someStock([someType({ price_minor: 500_000_000_001 })], { adult: 9 }), want(2)],
    ['not_chargeable', someStock([someType(), someType({ id: 'child', currency: 'USD' })], { adult: 9, child: 9 }),
      [...want(1), ...want(1, 'child')]],
  ]
  test.each(cases)('%s (%#)', (reason, stock, wanted) => {
    expect(reasonOf(allocate(stock, [{ items: wanted }])[0])).toBe(reason)
  })

  test('says how many are left, after what the same order takes from a shared pool', () => {
    const stock = someStock(
      [someType({ pool_ids: ['adult', 'room'] }), someType({ id: 'child', pool_ids: ['child', 'room'] })],
      { adult: 9, child: 9, room: 5 })

    const [decision] = allocate(stock, [{ items: [...want(3), ...want(3, 'child')] }])

    expect(decision).toMatchObject(
      { sold: false, refusal: { reason: 'sold_out', available: 2, type: { id: 'child' } } })
  })
})

/** Up to three types on up to three shared pools, and orders that mostly almost fit. */
const scenario = fc.record({
  capacities: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 3, maxLength: 3 }),
  shared: fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 2, maxLength: 2 }),
  draws: fc.array(fc.subarray(['s0', 's1']), { minLength: 3, maxLength: 3 }),
  limits: fc.array(fc.record(
    { min_per_order: fc.integer({ min: 1, max: 3 }),
      max_per_order: fc.integer({ min: 3, max: 6 }) }),
    { minLength: 3, maxLength: 3 }),
  requests: fc.array(fc.uniqueArray(
    fc.record({ ticket_type_id: fc.constantFrom('t0', 't1', 't2', 'unknown'),
      quantity: fc.integer({ min: 1, max: 7 }) }),
    { minLength: 1, maxLength: 3, selector: item => item.ticket_type_id }), { maxLength: 20 }),
})

function toStock (
  { capacities, shared, draws, limits }: typeof scenario extends fc.Arbitrary<infer T> ? T : never
): Stock {
  const types = capacities.map((_, i) =>
    someType({ id: `t${i}`, price_minor: (i + 1) * 100, pool_ids: [`t${i}`, ...draws[i]!], ...limits[i] }))
  const left = Object.fromEntries(
    [...capacities.map((n, i) => [`t${i}`, n] as const), ...shared.map((n, i) => [`s${i}`, n] as const)])
  return someStock(types, left)
}

/**
 * The rule in its simplest form, without a decision object or early ends: an order is served when,
 * after taking everything it names, no pool has gone below nothing.
 */
function model (stock: Stock, requests: Wanted[][]): boolean[] {
  const left = Object.fromEntries(stock.left)
  return requests.map(wanted => {
    const after_it = { ...left }
    let fine = true
    for (const { ticket_type_id, quantity } of wanted) {
      const type = stock.ticket_types.get(ticket_type_id)
      if (!type || quantity < type.min_per_order || quantity > type.max_per_order) fine = false
      for (const pool of type?.pool_ids ?? []) after_it[pool]! -= quantity
    }
    if (Object.values(after_it).some(n => n < 0)) fine = false
    if (fine) Object.assign(left, after_it)
    return fine
  })
}

type Allocate = typeof allocate

/** What must hold for every stock and every queue of orders. */
const holds = (rule: Allocate) => fc.property(scenario, given => {
  const stock = toStock(given)
  const decisions = rule(stock, given.requests.map(items => ({ items })))
  const taken = new Map<string, number>()
  for (const decision of decisions) {
    if (!decision.sold) continue
    for (const [pool, quantity] of decision.taken) {
      taken.set(pool, (taken.get(pool) ?? 0) + quantity)
    }
  }
  for (const [pool, quantity] of taken) if (quantity > stock.left.get(pool)!) return false
  const expected = model(stock, given.requests)
  return decisions.length === expected.length &&
    decisions.every((decision, i) => decision.sold === expected[i] &&
    (!decision.sold || decision.total_minor === given.requests[i]!.reduce(
      (sum, { ticket_type_id, quantity }) =>
      sum + quantity * stock.ticket_types.get(ticket_type_id)!.price_minor, 0)))
})

test('allocate: sells as the model does and never more than there is', () => {
  fc.assert(holds(allocate), { numRuns: 2000 })
})

test('allocate: is deterministic and leaves the stock it was given alone', () => {
  fc.assert(fc.property(scenario, given => {
    const stock = toStock(given)
    const left = new Map(stock.left)
    const requests = given.requests.map(items => ({ items }))
    expect(allocate(stock, requests)).toEqual(allocate(stock, requests))
    expect(stock.left).toEqual(left)
  }), { numRuns: 200 })
})

test('allocate: the property notices a rule that forgets what earlier requests took', () => {
  const forgetful: Allocate = (stock, requests) => requests
    .flatMap(request => allocate(stock, [request]))
  expect(fc.check(holds(forgetful), { numRuns: 2000 }).failed).toBe(true)
})

test('allocate: the property notices a rule that forgets shared pools', () => {
  const blind: Allocate = (stock, requests) =>
    allocate({ ...stock, ticket_types: new Map([...stock.ticket_types].map(([id, type]) =>
    [id, { ...type, pool_ids: [id] }])) }, requests)
  expect(fc.check(holds(blind), { numRuns: 2000 }).failed).toBe(true)
})
