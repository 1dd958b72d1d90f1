import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { serviceNames } from '@fermata/contracts/services'
import { findServer } from '@fermata/platform/embedded-postgres/postmaster'
import { createRandom } from '@fermata/testkit/random'
import { createDataFolder } from '@fermata/testkit/server-process'
import { expect, test } from 'vitest'
import { atScale, figure } from '../proofs/proof.ts'
import { beginStart, expectWholeStart } from './killed-starts.ts'
import { countUpgraded, makeOlder, type Whole } from './older-version.ts'

/**
 * The first start of a newer version brings the tables of all services up to date; stopped anywhere
 * in it, the next start goes on from there.
 */

const kills = atScale(1, 30)
const seed = Number(process.env.STARTS_SEED ?? 1 + Math.floor(Math.random() * 1_000_000))
const look_every_ms = 3

type Ending = 'TERM' | 'kill -9 of Node' | 'kill -9 of both'
const endings: readonly Ending[] = ['TERM', 'kill -9 of Node', 'kill -9 of both']

/** @param at so many services are up to date when it is ended; it may be ready by then */
async function endUpgrade (
  folder: string, { ending, at, whole }: { ending: Ending, at: number, whole: Whole }
): Promise<number> {
  const { child, output } = beginStart(folder)
  const exit = once(child, 'exit')
  let upgraded = 0
  while (child.exitCode === null && !output().includes('is ready at')) {
    upgraded = await countUpgraded(folder, whole)
    if (upgraded >= at) break
    await sleep(look_every_ms)
  }
  if (child.exitCode !== null) throw new Error(`The upgrade failed by itself:\n${output()}`)
  child.kill(ending === 'TERM' ? 'SIGTERM' : 'SIGKILL')
  await exit
  const postgres = ending === 'kill -9 of both' &&
    await findServer(join(folder, 'postgres', 'data'))
  if (postgres) process.kill(postgres.pid, 'SIGKILL')
  return upgraded
}

test('R16: an upgrade that is ended on its way is finished by the next start', async () => {
  const random = createRandom(seed)
  const data = await createDataFolder()
  let on_the_way = 0
  try {
    await expectWholeStart(data.folder)
    for (let number = 0; number < kills; number++) {
      const whole = await makeOlder(data.folder, random)
      const plan = {
        ending: endings[random(endings.length)]!, at: 1 + random(serviceNames.length - 1) }
      const upgraded = await endUpgrade(data.folder, { ...plan, whole })
      if (upgraded < whole.size) on_the_way++
      await expectWholeStart(data.folder).catch((error: unknown) => {
        throw new Error(`${plan.ending} after ${upgraded} services (seed ${seed})`, { cause: error })
      })
    }
  } finally {
    await data.remove()
  }
  figure('R16', `${kills} upgrades from earlier tables ended by TERM or kill -9 of Node or both, ${on_the_way} of ` +
    `them before all services were up to date (seed ${seed}): each next start had the whole ` +
    'demonstration once and sold a ticket')
  expect(kills).toBeGreaterThan(0)
}, 4 * 3_600_000)
