import {
  orderCanceled, orderCompleted, orderExpired, orderRefunded, paymentReturned,
} from '@fermata/contracts/orders'
import { expect, test } from 'vitest'
import { runSale, runSeeds, shareOf } from './run-seeds.ts'

/** A slice of `npm run races`, which runs a thousand seeds and more. */

const seeds = 40
const steps = [orderCompleted, orderCanceled, orderExpired, orderRefunded, paymentReturned]

test(`placeOrder: in ${seeds} seeded sales with all entry paths at once nothing is sold that is not there`, async () => {
  const first_seed = 1 + Math.floor(Math.random() * 1_000_000)

  const told = await runSeeds({ first_seed, seeds })

  const { attempts, contested, failed, reclaimed, events, control } = told
  console.log(`races: seeds from ${first_seed}, ${attempts} attempts, ${contested} contested`)
  expect(failed, 'npm run races -- --seed N shows one of these again').toEqual([])
  expect(attempts).toBeGreaterThanOrEqual(seeds * 1000)
  expect(contested / attempts).toBeGreaterThan(0.99)
  // Every step was taken, or there was nothing to see.
  expect(reclaimed).toBeGreaterThan(seeds)
  for (const { type } of steps) {
    expect(events[type], type).toBeGreaterThan(seeds)
  }
  // The control must fail, or the sales above prove nothing.
  for (const kind of ['tickets', 'promo', 'buyer', 'pass'] as const) {
    expect(shareOf(control, kind), kind).toBeGreaterThan(0.9)
  }
}, 120_000)

test('placeOrder: the same seed gives the same sale, so a failure can be looked at again', async () => {
  expect(await runSale(7)).toEqual(await runSale(7))
  expect(await runSale(8)).not.toEqual(await runSale(7))
})
