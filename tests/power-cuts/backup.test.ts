import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as backups from '@fermata/contracts/backups'
import { createRandom } from '@fermata/testkit/random'
import { startServerProcess, type ServerProcess } from '@fermata/testkit/server-process'
import { expect, test } from 'vitest'
import { eventually, must, signIn } from '../end-to-end/sell.ts'
import { atScale, figure } from '../proofs/proof.ts'
import { makeDisk, whyNoDisk } from './disk.ts'

/** The power is cut while a backup is made: what is called completed is whole afterwards. */

const why_not = whyNoDisk()
if (why_not) console.log(`Power cuts are left out: ${why_not}`)

const seed = Number(process.env.POWER_SEED ?? 1 + Math.floor(Math.random() * 1_000_000))
const latest_cut_ms = 3000
const minutes = 60_000

const asAdmin = async ({ call, callAs }: ServerProcess) => callAs(await signIn(call, 'admin'))
type Admin = Awaited<ReturnType<typeof asAdmin>>

const all = async (admin: Admin) =>
  (await must(admin(backups.listBackups, { query: { limit: 100 } }), backups.listBackups)).items

/** Nothing is under way any more, what is called completed can be read, and a new one can be made. */
async function expectWholeBackups (admin: Admin): Promise<number> {
  await eventually(async () =>
    (await all(admin)).every(({ status }) => status === 'completed' || status === 'failed'),
  'what was begun to end', 5 * minutes)
  const completed = (await all(admin)).filter(({ status }) => status === 'completed')
  for (const { id } of completed) {
    await must(admin(backups.verifyBackup, { params: { id } }), backups.verifyBackup)
  }
  return completed.length
}

test.skipIf(why_not)('R3: a backup that is called completed is whole after the power was cut', async () => {
  const random = createRandom(seed)
  const cuts = atScale(2, 12)
  const disk = await makeDisk()
  try {
    const folder = join(disk.folder, 'fermata')
    mkdirSync(folder, { mode: 0o711 })
    let server = await startServerProcess(folder)
    let verified = 0
    for (let cut = 0; cut < cuts; cut++) {
      const admin = await asAdmin(server)
      await must(admin(backups.createBackup, { body: {} }), backups.createBackup)
      await sleep(random(latest_cut_ms))
      await disk.cut()
      server = await startServerProcess(folder)
      verified += await expectWholeBackups(await asAdmin(server))
    }
    await server.stop()
    figure('R3', `backup: ${cuts} cuts within ${latest_cut_ms} ms of its beginning (seed ${seed}), ` +
      `${verified} that were called completed restored and compared alike`)
    expect(verified).toBeGreaterThan(0)
  } finally {
    await disk.remove()
  }
}, 4 * 3_600_000)
