import { expect, test } from 'vitest'
import { bitsFor, judgeJoin, type Effort } from './join-price.ts'

const prices = { free: 20, most: 2000 }
const now_ms = 1_800_000_000_000
const none: Effort = { kind: 'none' }

const judge = (joins: number, effort: Effort, is_late = false, last_ms = -Infinity) =>
  judgeJoin({ joins, last_ms }, effort, prices, is_late, now_ms)

test('judgeJoin: the first of a network join freely, the next for a price, and there is an end', () => {
  expect(judge(19, none)).toEqual({ kind: 'joins' })
  expect(judge(20, none)).toEqual({ kind: 'priced', bits: 18 })
  expect(judge(1999, { kind: 'solved', bits: 22 })).toEqual({ kind: 'joins' })
  expect(judge(2000, { kind: 'solved', bits: 22 })).toEqual({ kind: 'network_full', limit: 2000 })
})

test('bitsFor: the price doubles with the number, up to one that a phone can pay', () => {
  expect([20, 39, 40, 80, 300, 1500, 2_000_000].map(joins => bitsFor(joins, 20)))
    .toEqual([18, 18, 19, 20, 21, 22, 22])
  expect(bitsFor(0, 0)).toBe(18)
})

test('judgeJoin: a sum counts that was right when it was begun, and none of long before', () => {
  expect(judge(40, { kind: 'solved', bits: 18 })).toEqual({ kind: 'joins' })
  expect(judge(80, { kind: 'solved', bits: 18 })).toEqual({ kind: 'priced', bits: 20 })
})

test('judgeJoin: after the opening a network takes five places a second, whoever waits one in two', () => {
  const solved: Effort = { kind: 'solved', bits: 18 }
  expect(judge(20, solved, false, now_ms)).toEqual({ kind: 'joins' })
  expect(judge(20, solved, true, now_ms)).toEqual({ kind: 'paced', retry_ms: 200 })
  expect(judge(20, solved, true, now_ms - 200)).toEqual({ kind: 'joins' })
  expect(judge(20, { kind: 'waited' }, false, now_ms - 1500)).toEqual({ kind: 'paced', retry_ms: 500 })
  expect(judge(20, { kind: 'waited' }, false, now_ms - 2000)).toEqual({ kind: 'joins' })
})
