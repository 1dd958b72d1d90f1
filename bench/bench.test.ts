import { afterAll, beforeAll, expect, test } from 'vitest'
import { conclude, full_plan } from './bench.ts'
import { chiSquareOf, countInversions, critical_at_1_percent } from './goals/fairness.ts'
import { startLoadProcess } from './load.ts'
import { startProduct, type Product } from './product.ts'
import { describeGoals } from './report.ts'
import { runBench } from './run.ts'
import { sellStadium } from './stadium.ts'
import { median, percentile, spread } from './statistics.ts'
import { disagreement } from './sums.ts'

/** Small rounds of the same code, so that a change elsewhere cannot break the bench unnoticed. */

const tiny = {
  ...full_plan, rounds: 1, comparison_starts: 1, comparison_rounds: 1, seconds: 0.5,
  warmup_seconds: 0.1, clients: [16], control_clients: [4], waiting: 1000,
}

let product: Product

beforeAll(async () => { product = await startProduct() }, 300_000)
afterAll(() => product?.stop())

test('bench: a tiny P1 has sides that sold, agreeing sums and a page about them', async () => {
  const results = await runBench(['P1'], tiny, () => {}, { product })

  expect(results.goals.map(goal => goal.id)).toEqual(['P1', 'P2'])
  expect(results.database).toMatchObject(
    { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' })
  for (const goal of results.goals) {
    // Other tests run beside this one; what must not be is sums that disagree.
    expect(goal.void.filter(reason => !reason.startsWith('other programs'))).toEqual([])
    expect(goal.value).toBeGreaterThan(0)
    for (const side of goal.sides) expect(side.median).toBeGreaterThan(0)
  }
  const { seconds: _, plan: __, goals, ...run } = results
  const page = describeGoals(goals.map(({ details: ___, ...goal }) => ({ ...goal, run })))
  expect(page).toContain('may not claim')
  expect(page).toContain(goals[0]!.may_not_claim)
}, 30_000)

test('bench: a tiny P11 and P12 have polls without news, fresh news and a fair draw', async () => {
  const { goals } = await runBench(['P11', 'P12'], tiny, () => {}, { product })

  expect(goals.map(goal => goal.id)).toEqual(['P11', 'P11s', 'P12j', 'P12p', 'P12a'])
  for (const goal of goals) {
    expect(goal.void.filter(reason => !reason.startsWith('other programs'))).toEqual([])
    // CPU is counted in hundredths of a second, of which a round this short may have none.
    for (const side of goal.sides) expect(side.median).toBeGreaterThanOrEqual(0)
  }
  expect(goals.find(goal => goal.id === 'P11s')!.value).toBeLessThan(1)
}, 240_000)

test('bench: a tiny P22 has whole purchases of the shop as README starts it, each with its mail', async () => {
  const { goals } = await runBench(['P22'], tiny, () => {}, { product })

  expect(goals.map(goal => goal.id))
    .toEqual(['P22', 'P22l', 'P22a', 'P22c', 'P22m', 'P22o', 'P22r'])
  for (const goal of goals) {
    expect(goal.void.filter(reason => !reason.startsWith('other programs'))).toEqual([])
    // Where others run beside this, a third of a second may see no whole purchase.
    expect(goal.value).toBeGreaterThanOrEqual(0)
  }
}, 240_000)

test('fairness: an order of arrival that decides is noticed, and so is who was overtaken', () => {
  const first_come = Array.from({ length: 1000 }, (_, index) => ({ arrival: index, place: index }))
  expect(chiSquareOf(first_come)).toBeGreaterThan(critical_at_1_percent)
  expect(countInversions([[2, 1], [3, 4], [6, 5]])).toBe(0)
  expect(countInversions([[1, 3], [2, 4]])).toBe(1)
})

test('stadium: 500 tickets and 1,000 requests end with 500 orders that are all there', async () => {
  const load = startLoadProcess()
  try {
    const size = { tickets: 500, requests: 1000, connections: 64 }
    const stadium = await sellStadium(product, load, size)
    expect(stadium.faults).toEqual([])
    expect(stadium.sums).toMatchObject({ acknowledged: 500, held: 500, missing: 0, oversold: 0 })
    expect(stadium.result.statuses).toEqual({ 201: 500, 409: 500 })
  } finally {
    load.stop()
  }
}, 30_000)

test('sums: an order that is missing, or one too many, makes a round void', () => {
  const sums = { acknowledged: 5, held: 5, sold: 0, orders: 5, tickets: 5, keys: 5, outbox: 5,
    missing: 0, oversold: 0 }
  expect(disagreement(sums)).toBeNull()
  expect(disagreement({ ...sums, missing: 1 })).toContain('"missing":1')
  expect(disagreement({ ...sums, held: 6 })).toContain('"held":6')
  expect(disagreement({ ...sums, oversold: 1 })).not.toBeNull()
})

test('conclude: a void round means a goal that is not reached, however good its numbers', () => {
  const target = { at_least: 1, unit: 'x' as const }
  const text = { id: 'P0', title: 'x', target, may_not_claim: 'x' }
  const sides = [{ name: 'a', unit: '/s', values: [2, 4, 3] }]
  expect(conclude(text, { rounds: [2, 4, 3], sides, void: [] }))
    .toMatchObject({ value: 3, reached: true })
  expect(conclude(text, { rounds: [2, 4, 3], sides, void: ['why'] }).reached).toBe(false)
  expect(conclude(text, { rounds: [0.5], sides, void: [] }).reached).toBe(false)
})

test('statistics: median, spread and percentiles of known samples', () => {
  expect(median([5, 1, 3])).toBe(3)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(spread([90, 100, 110])).toBeCloseTo(0.2)
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1)
  expect([0.5, 0.99, 1].map(share => percentile(hundred, share))).toEqual([50, 99, 100])
})
