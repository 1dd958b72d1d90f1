import { beforeAll, expect, test } from 'vitest'
import { atScale, figure, is_whole } from '../proofs/proof.ts'
import { median } from '../../bench/statistics.ts'
import { checkHistory } from './check-history.ts'
import type { Kill } from './history.ts'
import { rushUnderKills, type RushOutcome } from './rush-under-kills.ts'

/** A slice of `npm run faults:rush`, which goes on for as long as it is asked. */

/** The whole run ends with its last kill; `RUSH_SECONDS` ends it sooner, and the page tells. */
const seconds = atScale(60, Number(process.env.RUSH_SECONDS ?? 4 * 3600))
const max_kills = atScale(60, 500)
const seed = 1 + Math.floor(Math.random() * 1_000_000)
/**
 * The promise is three seconds on a machine that does nothing else, and is printed to be compared.
 * These only notice a server that is stuck; with Node, its start is counted too.
 */
const first_order_within_ms: Partial<Record<Kill, number>> =
  { postgres: 10_000, node: 60_000, both: 60_000 }

let rush: RushOutcome

const slowestOf = ({ kills }: RushOutcome) => (['postgres', 'node', 'both'] as const).map(kind => {
  const times = kills.filter(one => one.kind === kind).map(one => one.first_order_ms)
  return `first new order after ${kind}: ${Math.round(median(times))} ms, at most ${Math.round(Math.max(...times))} ms`
}).join('; ')

beforeAll(async () => {
  rush = await rushUnderKills(
    { seed, seconds, max_kills, kinds: ['node', 'postgres', 'both'] })
  const { acknowledged, repeated, kills } = rush
  const times = kills.map(({ kind, first_order_ms }) => `${kind} ${Math.round(first_order_ms)} ms`)
  console.log(`rush under kills: seed ${seed}, ${acknowledged} orders acknowledged, ${repeated} of them by a repeated request;` +
    ` first new order after ${times.join(', ')}`)
  figure('R2', `${kills.length} kills (seed ${seed}): ${acknowledged} orders acknowledged, ` +
    `${rush.wrong.length} contradictions; ${slowestOf(rush)}`)
}, is_whole ? 4 * 3_600_000 : 600_000)

test('R2: kill -9 of Node, PostgreSQL and both during a rush: everything that was acknowledged is there', () => {
  expect(rush.wrong).toEqual([])
  expect(new Set(rush.kills.map(({ kind }) => kind)).size).toBe(3)
  expect(rush.acknowledged).toBeGreaterThan(rush.kills.length)
  for (const { kind, first_order_ms } of rush.kills) {
    expect(first_order_ms, kind).toBeLessThan(first_order_within_ms[kind]!)
  }
})

test('R2: control: the same comparison notices one order, state, sum or ticket that is not as was said', () => {
  const { history, found } = rush
  const check = (changed: Partial<typeof found>, lines = history) =>
    checkHistory(lines, { ...found, ...changed })
  const promised = new Set(history.flatMap(line => line.what === 'acked' ? [line.order_id] : []))
  const at = found.orders.findIndex(order => promised.has(order.id) && order.status === 'completed')
  expect(at, 'an order that was paid').toBeGreaterThanOrEqual(0)
  const one = found.orders[at]!
  const but = (change: Partial<typeof one>) => found.orders.with(at, { ...one, ...change })

  expect(check({})).toEqual([])
  // As a server that answers before its commit would leave it.
  expect(check({ orders: found.orders.toSpliced(at, 1) })).not.toEqual([])
  const invented = { at_ms: 0, what: 'acked', request: 'one', order_id: 'none', again: false } as const
  expect(check({}, [...history, invented]))
    .toEqual(['Order none was acknowledged and is not there'])
  expect(check({ orders: but({ status: 'expired' }) })).not.toEqual([])
  // A hold that ended before its time, or was paid for.
  const held = found.orders.find(order => order.status === 'pending' && !order.hold_is_over)
  if (held) {
    const ended = found.orders.map(order => order === held ? { ...held, status: 'expired' } : order)
    expect(check({ orders: ended }).join()).toContain(`Order ${held.id} became expired`)
  }
  expect(check({ orders: but({ tickets: one.tickets + 1 }) })).not.toEqual([])
  expect(check({ pool: { ...found.pool, held: found.pool.held + 1 } })).not.toEqual([])
  expect(check({ orders: [...found.orders, { ...one, id: 'nobody was told' }] })).not.toEqual([])
  // As a key that is forgotten would: the repeated request is given a second order.
  const [first] = history.filter(line => line.what === 'acked')
  expect(check({}, [...history, { ...first!, order_id: 'another' }])).not.toEqual([])
})
