import { expect, test } from 'vitest'
import { runGuarded, runSeeds, shareOf } from './run-seeds.ts'

/** A slice of `npm run races`, which runs a thousand seeds and more. */

const seeds = 60

test(`placeOrder: in ${seeds} seeded sales with all entry paths at once nothing is sold that is not there`, async () => {
  const first_seed = 1 + Math.floor(Math.random() * 1_000_000)

  const told = await runSeeds({ first_seed, seeds })

  const { attempts, contested, failed, control } = told
  console.log(`races: seeds from ${first_seed}, ${attempts} attempts, ${contested} contested`)
  expect(failed, 'npm run races -- --seed N shows one of these again').toEqual([])
  expect(attempts).toBeGreaterThanOrEqual(seeds * 1000)
  expect(contested / attempts).toBeGreaterThan(0.99)
  // The control must fail, or the sales above prove nothing.
  for (const kind of ['tickets', 'promo', 'buyer', 'pass'] as const) {
    expect(shareOf(control, kind), kind).toBeGreaterThan(0.9)
  }
}, 60_000)

test('placeOrder: the same seed gives the same sale, so a failure can be looked at again', async () => {
  expect(await runGuarded(7)).toEqual(await runGuarded(7))
  expect(await runGuarded(8)).not.toEqual(await runGuarded(7))
})
