import { createTestDatabase } from '@fermata/testkit/postgres'
import { expect, test } from 'vitest'
import { runSales } from './run-sales.ts'
import { startTwoProcesses } from './two-processes.ts'

/** A slice of `npm run races:database`: the product twice on one PostgreSQL, all entry paths at once. */

const seeds = 4

test('placeOrder: two processes sell no ticket, budget, limit or pass twice, whoever else moves stock', async () => {
  const database = await createTestDatabase()
  const first_seed = 1 + Math.floor(Math.random() * 1_000_000)
  try {
    const told = await runSales({
      startShop: options => startTwoProcesses(database.url, options), first_seed, seeds,
      attempts_per_seed: 150, pause_ms: 8 })

    const { attempts, acknowledged, failed, control } = told
    console.log(`races in two processes: seeds from ${first_seed}, ${attempts} attempts, ${acknowledged} acknowledged`)
    expect(failed).toEqual([])
    expect(attempts).toBeGreaterThanOrEqual(seeds * 140)
    // The control must fail, or the sales above prove nothing.
    expect(control.oversold).toBe(seeds)
    expect(control.overspent).toBeGreaterThan(0)
  } finally {
    await database.drop()
  }
}, 300_000)
