import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from '@fermata/testkit/random'
import { expect, test } from 'vitest'
import { beginStart, expectWholeStart } from '../faults/killed-starts.ts'
import { atScale, figure } from '../proofs/proof.ts'
import { makeDisk, whyNoDisk } from './disk.ts'

/** The power is cut while the first start makes the database, its secrets and the demonstration. */

const why_not = whyNoDisk()
if (why_not) console.log(`Power cuts are left out: ${why_not}`)

const seed = Number(process.env.POWER_SEED ?? 1 + Math.floor(Math.random() * 1_000_000))
/** About as long as a first start takes on a machine that does nothing else. */
const latest_cut_ms = 6000

test.skipIf(why_not)('R3, R16: a first start whose power was cut is finished by the next', async () => {
  const random = createRandom(seed)
  const cuts = atScale(2, 12)
  for (let cut = 0; cut < cuts; cut++) {
    const after_ms = random(latest_cut_ms)
    const disk = await makeDisk()
    try {
      const folder = join(disk.folder, 'fermata')
      mkdirSync(folder, { mode: 0o711 })
      beginStart(folder)
      await sleep(after_ms)
      await disk.cut()
      await expectWholeStart(folder).catch((error: unknown) => {
        throw new Error(`Cut after ${after_ms} ms (seed ${seed})`, { cause: error })
      })
    } finally {
      await disk.remove()
    }
  }
  figure('R3', `first start: ${cuts} cuts in its first ${latest_cut_ms} ms (seed ${seed}), each next ` +
    'start had the whole demonstration once and sold a ticket')
  expect(cuts).toBeGreaterThan(0)
}, 4 * 3_600_000)
