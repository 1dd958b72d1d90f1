import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from '@fermata/testkit/random'
import { createDataFolder } from '@fermata/testkit/server-process'
import { expect, test } from 'vitest'
import { expectWholeStart } from '../faults/killed-starts.ts'
import { atScale, figure } from '../proofs/proof.ts'
import { makeDisk, whyNoDisk } from './disk.ts'

/** The power is cut while a copy is put back: the same command again finishes it. */

const why_not = whyNoDisk()
if (why_not) console.log(`Power cuts are left out: ${why_not}`)

const seed = Number(process.env.POWER_SEED ?? 1 + Math.floor(Math.random() * 1_000_000))
const server = fileURLToPath(new URL('../../apps/server/', import.meta.url))

interface Command { ended: Promise<number | null>, said: () => string }

/** `npm run backup` or `npm run restore` of an installation. */
function run (name: 'backup' | 'restore', folder: string, ...words: string[]): Command {
  const child = spawn(process.execPath, [join(server, `${name}.ts`), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, FERMATA_DATA: folder },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => { said += chunk.toString() })
  }
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return { ended, said: () => said }
}

/** @throws with what it said, when it did not end well */
async function finish ({ ended, said }: Command): Promise<void> {
  const code = await ended
  if (code !== 0) throw new Error(`It ended with ${code}:\n${said()}`)
}

/** What an empty machine needs besides the copy: the installation's secrets. */
function makeEmpty (disk_folder: string, secrets_of: string): string {
  const folder = join(disk_folder, 'fermata')
  mkdirSync(folder, { mode: 0o711 })
  copyFileSync(join(secrets_of, 'secrets.json'), join(folder, 'secrets.json'))
  return folder
}

test.skipIf(why_not)('R3, R16: a restore whose power was cut is finished by the next', async () => {
  const random = createRandom(seed)
  const cuts = atScale(1, 12)
  const origin = await createDataFolder()
  const disk = await makeDisk()
  let were_done = 0
  try {
    await expectWholeStart(origin.folder)
    const copies = join(origin.folder, 'copies')
    await finish(run('backup', origin.folder, '--to', copies))
    const restore = (folder: string) =>
      run('restore', folder, '--from', copies, '--replace', '--yes')
    const whole = await createDataFolder()
    copyFileSync(join(origin.folder, 'secrets.json'), join(whole.folder, 'secrets.json'))
    const began = performance.now()
    await finish(restore(whole.folder))
    const takes_ms = performance.now() - began
    await whole.remove()

    const folder = makeEmpty(disk.folder, origin.folder)
    for (let cut = 0; cut < cuts; cut++) {
      const after_ms = random(Math.round(takes_ms))
      const cut_off = restore(folder)
      await Promise.race([sleep(after_ms), cut_off.ended])
      const was_done = cut_off.said().includes('rows in ')
      if (was_done) were_done++
      await disk.cut()
      await cut_off.ended
      try {
        if (!was_done) await finish(restore(folder))
        await expectWholeStart(folder)
      } catch (error) {
        throw new Error(`Cut after ${after_ms} ms (seed ${seed}):\n${cut_off.said()}`, { cause: error })
      }
    }
    figure('R3', `restore: ${cuts} cuts within the ${Math.round(takes_ms)} ms that one takes (seed ` +
      `${seed}), ${were_done} of them when it had just said that it was done: each next start had ` +
      'all of the copy and sold a ticket')
    expect(cuts).toBeGreaterThan(0)
  } finally {
    await disk.remove()
    await origin.remove()
  }
}, 4 * 3_600_000)
