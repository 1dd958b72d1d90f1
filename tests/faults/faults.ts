import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../end-to-end/sell.ts'
import { freezeDatabase } from './freeze.ts'
import { judge_name } from './judge-liveness.ts'
import type { Shop } from './liveness.ts'
import { postmasterOf } from './postmaster-of.ts'

/** What can happen to a shop, each with its end: afterwards the fault is over. */

export interface Fault {
  name: string
  bring: (shop: Shop, random: (below: number) => number) => Promise<void>
}

const back_within_ms = 300_000
const longest_fault_ms = Number(process.env.LIVENESS_FAULT_MS ?? 3000)
const aWhile = (random: (below: number) => number) => sleep(200 + random(longest_fault_ms))

async function killPostgres ({ folder }: Shop): Promise<() => Promise<unknown>> {
  const killed = (await postmasterOf(folder))!.pid
  process.kill(killed, 'SIGKILL')
  return () => eventually(async () => {
    const now = await postmasterOf(folder)
    return now?.accepts && now.pid !== killed
  }, 'PostgreSQL to come back', back_within_ms)
}

const node: Fault = {
  name: 'kill -9 of Node',
  async bring (shop, random) {
    await shop.server.kill()
    await aWhile(random)
    await shop.restart()
  },
}

const postgres: Fault = {
  name: 'kill -9 of PostgreSQL',
  async bring (shop) {
    const isBack = await killPostgres(shop)
    await isBack()
  },
}

const both: Fault = {
  name: 'kill -9 of both',
  async bring (shop, random) {
    const isBack = await killPostgres(shop)
    await shop.server.kill()
    await aWhile(random)
    await shop.restart()
    await isBack()
  },
}

const stopped: Fault = {
  name: 'TERM and a new start',
  async bring (shop, random) {
    await shop.server.stop()
    await aWhile(random)
    await shop.restart()
  },
}

const frozen: Fault = {
  name: 'PostgreSQL frozen',
  async bring (shop, random) {
    const { thaw } = await freezeDatabase(shop.folder)
    await aWhile(random).finally(thaw)
  },
}

const connections: Fault = {
  name: 'connections to PostgreSQL cut',
  async bring ({ judge: { pool } }, random) {
    const end_ms = performance.now() + 200 + random(longest_fault_ms)
    while (performance.now() < end_ms) {
      await pool.query(`select pg_terminate_backend(pid) from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid()
          and application_name <> $1`, [judge_name])
      await sleep(50)
    }
  },
}

const buyers: Fault = {
  name: 'connections of buyers cut',
  async bring ({ under_way }, random) {
    const end_ms = performance.now() + 200 + random(longest_fault_ms)
    while (performance.now() < end_ms) {
      await sleep(random(30))
      for (const cut of under_way) cut.abort()
    }
  },
}

const disk: Fault = {
  name: 'disk full',
  async bring (shop, random) {
    shop.disk!.shrink(200 * 1024)
    await aWhile(random).finally(shop.disk!.grow)
  },
}

const mail_server: Fault = {
  name: 'mail server away',
  async bring ({ mails }, random) {
    mails.be('away')
    await aWhile(random).finally(() => { mails.be('well') })
  },
}

const mailer: Fault = {
  name: 'kill -9 of Node with a mail in its hands',
  async bring (shop, random) {
    shop.mails.be('silent')
    await eventually(async () => shop.mails.visitors() > 0, 'a mail to be on its way', 20_000)
      // All had left before.
      .catch(() => {})
    await shop.server.kill()
    await aWhile(random)
    shop.mails.be('well')
    await shop.restart()
  },
}

/** Those that a slice of a few seconds chooses from: over at once, and nobody waits for a lease. */
export const quickFaults: readonly Fault[] = [
  node, postgres, both, stopped, frozen, connections, buyers, disk]

export const allFaults: readonly Fault[] = [...quickFaults, mail_server, mailer]

/** Some of them, in an order that the seed decides; those that cannot be had here are left out. */
export function chooseFaults (
  shop: Shop, random: (below: number) => number, from: readonly Fault[], count: number
): Fault[] {
  const possible = from.filter(fault => fault !== disk || shop.disk)
  return Array.from({ length: count }, () => possible[random(possible.length)]!)
}
