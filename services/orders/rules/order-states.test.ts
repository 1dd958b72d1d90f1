import { OrderStatus } from '@fermata/contracts/orders'
import { expect, test } from 'vitest'
import { mayBecome, stockChange } from './order-states.ts'

const states = OrderStatus.enum as unknown as OrderStatus[]
const allowed = new Set([
  'pending completed', 'pending canceled', 'pending expired', 'expired completed', 'expired refunded',
  'canceled refunded', 'completed refunded',
])

const pairs = states.flatMap(from => states.map(to => [from, to] as const))

test('order states: there are five, so 25 transitions are judged below', () => {
  expect(states.toSorted()).toEqual(['canceled', 'completed', 'expired', 'pending', 'refunded'])
  expect(pairs).toHaveLength(25)
})

test.each(pairs)('order states: %s to %s is as the table says', (from, to) => {
  expect(mayBecome(from, to)).toBe(allowed.has(`${from} ${to}`))
})

test.each([
  ['pending', 'completed', -1, 1], ['pending', 'canceled', -1, 0], ['pending', 'expired', -1, 0],
  ['expired', 'completed', 0, 1], ['expired', 'refunded', 0, 0], ['canceled', 'refunded', 0, 0],
  ['completed', 'refunded', 0, -1],
] as const)('order states: from %s to %s each ticket changes held by %i and sold by %i', (from, to, held, sold) => {
  expect(stockChange(from, to)).toEqual({ held, sold })
})
