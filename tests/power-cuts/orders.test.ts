import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startServerProcess } from '@fermata/testkit/server-process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rushUnderKills } from '../faults/rush-under-kills.ts'
import { atScale, figure } from '../proofs/proof.ts'
import { makeDisk, whyNoDisk, type Disk } from './disk.ts'

/** The power is cut while tickets are sold. */

const why_not = whyNoDisk()
if (why_not) console.log(`Power cuts are left out: ${why_not}`)

const seed = Number(process.env.POWER_SEED ?? 1 + Math.floor(Math.random() * 1_000_000))
/** Until so many cuts were made, not so long. */
const seconds = 36_000

let disk: Disk
beforeEach(async () => { if (!why_not) disk = await makeDisk() })
afterEach(() => disk?.remove())

test.skipIf(why_not)('R3: what was acknowledged during a sale is there after the power was cut', async () => {
  const cuts = atScale(3, 50)

  const { acknowledged, kills, wrong } = await rushUnderKills(
    { seed, seconds, kinds: ['power'], max_kills: cuts, disk })

  console.log(`power cuts: seed ${seed}, ${kills.length} cuts, ${acknowledged} orders acknowledged`)
  figure('R3', `sale: ${kills.length} cuts (seed ${seed}), ${acknowledged} orders acknowledged, ` +
    `${wrong.length} of these or of the sums wrong`)
  expect(wrong).toEqual([])
  expect(kills).toHaveLength(cuts)
  expect(acknowledged).toBeGreaterThan(cuts)
}, 4 * 3_600_000)

/** The product on a PostgreSQL of ours. */
async function startUnflushed (folder: string, environment: Record<string, string>) {
  const postgres = fork(fileURLToPath(new URL('own-postgres.ts', import.meta.url)), [folder],
    { execArgv: [] })
  const [url] = await once(postgres, 'message') as [string]
  return startServerProcess(folder, { ...environment, DATABASE_URL: url })
}

test.skipIf(why_not)('R3: control: a database that flushes nothing loses what it acknowledged', async () => {
  const { wrong, acknowledged } = await rushUnderKills({
    seed, seconds, kinds: ['power'], max_kills: 1, disk, start: startUnflushed,
    // What was there before the sale is: the sale alone is at stake.
    onSale: async () => { await promisify(execFile)('sync', ['--file-system', disk.folder]) },
  })

  const lost = wrong.filter(sentence => sentence.endsWith('was acknowledged and is not there'))
  figure('R3', `control without fsync: 1 cut, ${lost.length} of ${acknowledged} acknowledged orders lost`)
  expect(lost.length).toBeGreaterThan(0)
}, 3_600_000)
