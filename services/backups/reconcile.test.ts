import type { StatementAnswer } from '@fermata/contracts/reconciliation'
import { firstIdAt } from '@fermata/platform/ids'
import { expect, test } from 'vitest'
import { reconcile, type Statements } from './reconcile.ts'

const now = new Date().toISOString()
const at_once = 1000

/** Services of which one has so many events that nobody takes. */
const stating = (events: number): Statements => ({
  async state (_, { list, after, ids }): Promise<StatementAnswer> {
    if (list !== 'orders.unsent') return { now, lines: [], is_last: true }
    const first = after ? Number.parseInt(after.replaceAll('-', '').slice(0, 12), 16) + 1 : 1
    const all = ids ?? Array.from({ length: Math.min(at_once, events - first + 1) },
      (_each, index) => firstIdAt(first + index))
    return {
      now, is_last: ids !== null || first + at_once > events,
      lines: all.map(id => ({ id, since: null, figures: { type: 'a', attempts: 0 } })),
    }
  },
  missingEffects: async () => [],
})

test.each([
  [100_000, true], [100_001, false],
])('reconcile: of %i that are wrong it says truly whether all were looked at', async (events, all) => {
  const { checked, mismatches } = await reconcile(stating(events), { settle_ms: 0 })
  expect(mismatches.map(({ kind, count }) => [kind, count])).toEqual([['event_waiting', 100_000]])
  expect(checked.find(({ list }) => list === 'orders.unsent')).toMatchObject(
    { lines: 100_000, is_all: all })
})
