import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { settlePayment, takeAgain, type PaidOrder, type Settlement } from './settle-payment.ts'

const order = (given: Partial<PaidOrder>): PaidOrder =>
  ({ status: 'pending', total_minor: 1000, currency: 'EUR', payment_id: null, event_canceled: false,
    ...given })
const payment = { payment_id: 'p', amount_minor: 1000, currency: 'EUR' }

describe('settlePayment: gives every payment one answer', () => {
  const cases: [Settlement, Partial<PaidOrder>, Partial<typeof payment>][] = [
    ['complete', { status: 'pending' }, {}],
    ['take_again', { status: 'expired' }, {}],
    ['refund', { status: 'expired', event_canceled: true }, {}],
    ['refund', { status: 'canceled' }, {}],
    ['paid_twice', { status: 'completed', payment_id: 'other' }, {}],
    ['paid_twice', { status: 'refunded', payment_id: 'other' }, {}],
    ['nothing', { status: 'completed', payment_id: 'p' }, {}],
    ['nothing', { status: 'refunded', payment_id: 'p' }, {}],
    ['amount_differs', { status: 'pending' }, { amount_minor: 999 }],
    ['amount_differs', { status: 'pending' }, { currency: 'USD' }],
    ['amount_differs', { status: 'expired' }, { amount_minor: 1001 }],
  ]
  test.each(cases)('%s (%#)', (settlement, given, paid) => {
    expect(settlePayment(order(given), { ...payment, ...paid })).toBe(settlement)
  })
})

const draw = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 1, max: 5 })),
  { minLength: 1, maxLength: 2 })
  .map(entries => new Map(entries))
const left = fc.record({ a: fc.integer({ min: 0, max: 12 }), b: fc.integer({ min: 0, max: 12 }) })
  .map(pools => new Map(Object.entries(pools)))

type Rule = typeof takeAgain

/** Never more than is left, and nobody is turned away whose tickets were there. */
const holds = (rule: Rule) => fc
  .property(left, fc.array(draw, { maxLength: 8 }), (remaining, draws) => {
  const fits = rule(remaining, draws.map(one => ({ draw: one, limited: [] })), [])
  const rest = new Map(remaining)
  return draws.every((one, i) => {
    const could = [...one].every(([pool, quantity]) => quantity <= rest.get(pool)!)
    if (fits[i]) for (const [pool, quantity] of one) rest.set(pool, rest.get(pool)! - quantity)
    return fits[i] === could && [...rest.values()].every(n => n >= 0)
  })
})

test('takeAgain: never takes more than is left and turns nobody away whose tickets are there', () => {
  fc.assert(holds(takeAgain), { numRuns: 1000 })
})

test('takeAgain: the property notices a rule that forgets those before', () => {
  const forgetful: Rule = (remaining, orders, purchases) =>
    orders.flatMap(order => takeAgain(remaining, [order], purchases))
  expect(fc.check(holds(forgetful), { numRuns: 1000 }).failed).toBe(true)
})

test('takeAgain: an order of nothing gets nothing', () => {
  expect(takeAgain(new Map(), [{ draw: new Map(), limited: [] }], [])).toEqual([false])
})

test('takeAgain: who bought again meanwhile does not get more than one person may have', () => {
  const ann = { user_id: null, email_key: 'ann@example.com', ticket_type_id: 'a' }
  const late = { draw: new Map([['a', 2]]), limited: [{ ...ann, quantity: 2, max_per_buyer: 4 }] }
  const remaining = new Map([['a', 9]])
  expect(takeAgain(remaining, [late], [{ ...ann, quantity: 3 }])).toEqual([false])
  expect(takeAgain(remaining, [late, late, late], [])).toEqual([true, true, false])
})
