import { once } from 'node:events'
import { createRandom } from '@fermata/testkit/random'
import { createDataFolder } from '@fermata/testkit/server-process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../end-to-end/sell.ts'
import { figure, is_whole } from '../proofs/proof.ts'
import { beginStart, expectWholeStart, killStart, type KilledStart } from './killed-starts.ts'

/**
 * The first start makes a database, its roles, schemas and secrets, and the demonstration; killed
 * anywhere in it, the next start finishes or begins anew. `STARTS_SEED` repeats a run,
 * `STARTS_STEP_MS` is the distance of moments in the whole one.
 */

const seed = Number(process.env.STARTS_SEED ?? 1 + Math.floor(Math.random() * 1_000_000))
const step_ms = Number(process.env.STARTS_STEP_MS ?? 50)
/** No machine on which this runs needs longer. */
const longest_start_ms = 300_000
const minutes = 60_000

let data: Awaited<ReturnType<typeof createDataFolder>>
beforeEach(async () => { data = await createDataFolder() })
afterEach(() => data.remove())

const kindFrom = (random: (below: number) => number) => random(2) === 0 ? 'node' : 'both'

test('R16: a first start that is killed three times is finished by the fourth', async () => {
  const random = createRandom(seed)
  const kills: KilledStart[] = Array.from({ length: 3 }, () =>
    ({ kind: kindFrom(random), after_ms: 200 + random(4500) }))
  console.log(`killed starts: seed ${seed}, ${JSON.stringify(kills)}`)

  for (const one of kills) await killStart(data.folder, one)

  await expectWholeStart(data.folder)
}, 10 * minutes)

test.runIf(is_whole)('R16: a first start is killed at each moment, and the next one is whole', async () => {
  const random = createRandom(seed)
  let kills = 0
  for (let after_ms = step_ms; after_ms < longest_start_ms; after_ms += step_ms) {
    const kind = kindFrom(random)
    const { was_ready } = await killStart(data.folder, { kind, after_ms })
    await expectWholeStart(data.folder).catch((error: unknown) => {
      throw new Error(`Killed (${kind}) after ${after_ms} ms`, { cause: error })
    })
    kills++
    await data.remove()
    data = await createDataFolder()
    if (was_ready) break
  }
  figure('R16', `${kills} first starts killed, one every ${step_ms} ms until it would have been ready ` +
    `(seed ${seed}): each next start had the whole demonstration once and sold a ticket`)
}, 600 * minutes)

test('R16: of four that start at once on an empty folder one wins, and the others say so', async () => {
  const starts = Array.from({ length: 4 }, () => beginStart(data.folder))
  const isReady = ({ output }: typeof starts[number]) => output().includes('is ready at')
  const lost = () => starts.filter(({ child }) => child.exitCode !== null)

  await eventually(() => Promise.resolve(lost().length === 3 && starts.some(isReady)),
    'one winner', 2 * minutes)

  const winner = starts.find(isReady)!
  for (const { output } of lost()) {
    expect(output()).toContain(`Another Fermata (process ${winner.child.pid}) already uses the folder`)
  }
  winner.child.kill('SIGTERM')
  await once(winner.child, 'exit')
}, 10 * minutes)
