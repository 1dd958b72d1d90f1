import { expect, test } from 'vitest'
import { runSales } from '../races/run-sales.ts'
import { startSplitShop } from '../races/split-shop.ts'

/** A slice of `npm run races:database -- --split`: two processes of orders behind nginx, and NATS. */

const seeds = 4
const port_base = 21_000

test('placeOrder: two processes behind the front door sell no ticket, budget, limit or pass twice', async () => {
  const first_seed = Number(
    process.env.SPLIT_FAULT_SEED ?? 1 + Math.floor(Math.random() * 1_000_000))
  console.log(`SPLIT_FAULT_SEED=${first_seed}`)

  const told = await runSales({
    startShop: options => startSplitShop({ ...options, port_base }),
    first_seed, seeds, attempts_per_seed: 100, pause_ms: 8 })

  const { attempts, acknowledged, failed, asked, control } = told
  console.log(`${attempts} attempts, ${acknowledged} acknowledged, orders asked of each: ${asked.join(', ')}; ` +
    `control oversold ${control.oversold} of ${control.seeds}`)
  expect(failed, `seed ${first_seed}`).toEqual([])
  expect(attempts).toBeGreaterThanOrEqual(seeds * 90)
  // One process that sells alone would prove nothing.
  for (const count of asked) expect(count).toBeGreaterThan(attempts / 5)
  expect(asked).toHaveLength(2)
  // The control must fail, or the sales above prove nothing.
  expect(control.oversold).toBe(seeds)
  expect(control.overspent).toBeGreaterThan(0)
}, 600_000)
