import { fork, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createClient, type Call } from '@fermata/contracts/client'
import { createPool } from '@fermata/platform/database'
import { uuidv7 } from '@fermata/platform/ids'
import type { StoreOptions } from '@fermata/orders/test/stores/orders-with'
import { createTokens } from '@fermata/platform/tokens'
import type { ShopJob } from './shop-process.ts'

/** The product twice, in two processes on one database: each has a collector of its own. */

/** A shop of which two processes sell, however many others it has. */
export interface TwoProcesses {
  /** Nobody in particular, at each of the processes. */
  doors: Call[]
  /** The holder of a token, at one of them. */
  callAs: (door: number, token: string) => Call
  /** Signed anew each time: a long run outlives a token. */
  organizer: (door: number) => Promise<Call>
  /** Of each service that moves stock; one and the same where they share a database. */
  pools: Record<'orders' | 'payments' | 'expiration', ReturnType<typeof createPool>>
  /** Orders that each process was asked for; empty where nobody counts them. */
  asked: () => Promise<number[]>
  stop: () => Promise<void>
}


const processes = 2
/**
 * 1.2 seconds: holds end, and are sold again, while the sale goes on. Not in the control, whose
 * counters are wrong: nothing can be given back there.
 */
const hold_minutes = { sale: '0.02', control: '15' }
const late_ms = '300'

/** Settings of a shop in which races are met, with secrets of its own. */
export const contestedSettings = ({ unguarded }: StoreOptions) => ({
  JWT_EXTERNAL_SIGNATURE: randomBytes(32).toString('hex'),
  JWT_INTERNAL_SIGNATURE: randomBytes(32).toString('hex'),
  NODE_ENV: 'test', LOG_LEVEL: 'fatal', SIMULATED_LATE_MS: late_ms,
  RESERVATION_TIMEOUT: hold_minutes[unguarded ? 'control' : 'sale'],
})

/** Clients of a shop at these addresses; the organiser's tokens are signed with its own secrets. */
export function clientsOf (urls: string[], secrets: ReturnType<typeof contestedSettings>):
Pick<TwoProcesses, 'doors' | 'callAs' | 'organizer'> {
  const callOf = (door: number, headers: Record<string, string> = {}) => createClient({
    base_url: urls[door]!, fetch: (url, init) => fetch(url, init), headers,
  }).call
  const callAs = (door: number, token: string) => callOf(door, { authorization: `Bearer ${token}` })
  const tokens = createTokens(secrets)
  const person = {
    user_id: uuidv7(), login_id: uuidv7(), roles: ['event_creator' as const],
    email: 'organizer@example.com', email_verified: true,
  }
  return {
    doors: urls.map((_, door) => callOf(door)), callAs,
    organizer: async door => callAs(door, await tokens.signAccess(
      { ...person, confirmed_at_s: Math.floor(Date.now() / 1000) })),
  }
}

export async function startTwoProcesses (
  database_url: string, store: StoreOptions
): Promise<TwoProcesses> {
  const environment = contestedSettings(store)
  const children: ChildProcess[] = []
  const pool = createPool({ url: database_url, max_connections: 4, application_name: 'races' })
  const stop = async () => {
    await pool.end()
    await Promise.all(children.map(endOf))
  }
  try {
    const starting = Array.from({ length: processes }, () => {
      const child = fork(new URL('shop-process.ts', import.meta.url), { execArgv: [] })
      children.push(child)
      return portOf(child, { database_url, environment, store })
    })
    const ports = await Promise.all(starting)
    return {
      ...clientsOf(ports.map(port => `http://127.0.0.1:${port}`), environment),
      pools: { orders: pool, payments: pool, expiration: pool },
      asked: () => Promise.resolve([]), stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function portOf (child: ChildProcess, job: ShopJob): Promise<number> {
  child.send(job)
  const ended = once(child, 'exit').then(() => { throw new Error('A shop could not start') })
  const [{ port }] = await Promise.race([once(child, 'message'), ended]) as [{ port: number }]
  // Later its end is what was asked for.
  ended.catch(() => {})
  return port
}

async function endOf (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  if (child.connected) child.disconnect()
  await ended
}
