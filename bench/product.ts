import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Answer, Call } from '@fermata/contracts/client'
import type { AnyRoute, ReplyOf } from '@fermata/contracts/define'
import * as events from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import { serviceNames } from '@fermata/contracts/services'
import { createPool } from '@fermata/platform/database'
import { uuidv7 } from '@fermata/platform/ids'
import { createTokens } from '@fermata/platform/tokens'
import { createDataFolder, startServerProcess } from '@fermata/testkit/server-process'
import { databaseOf, startDatabase } from './database.ts'

/** The product as it is measured: all services in one process of their own, on a durable database. */

export interface Product {
  port: number
  pid: number
  database_url: string
  pool: ReturnType<typeof createPool>
  /** The settings of the database that durability hangs on, as the server states them. */
  settings: Record<string, string>
  /** Puts a new event on sale. */
  openEvent (capacity: number): Promise<{ event_id: string, ticket_type_id: string }>
  /** A client of the API for who manages these events. */
  callAsOrganizer (): Promise<Call>
  stop (): Promise<void>
}

export interface ProductOptions {
  /** Over the product's own settings of the database, e.g. `{ fsync: 'off' }`. */
  database_settings?: Record<string, string>
  environment?: Record<string, string>
  /** As README starts it: with pages, log files and a database of its own. */
  as_started?: boolean
  /** In place of all services in one process. */
  start?: (folder: string, environment: Record<string, string>) => Promise<StartedServer>
}

/** What the bench asks of whatever runs the services. */
export interface StartedServer {
  url: string
  pid: number
  callAs: (token: string) => Call
  stop: () => Promise<unknown>
}

/** Who is interrupted leaves neither a database running nor its folder behind. */
const running = new Set<() => Promise<void>>()

function stopAll (): void {
  void Promise.allSettled([...running].map(stop => stop())).then(() => process.exit(130))
}

/** For programs, not for tests, whose runner ends them in its own way. */
export function stopOnSignals (): void {
  process.once('SIGINT', stopAll)
  process.once('SIGTERM', stopAll)
}

const in_days = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

/** Starts a database and the server in folders that `stop` removes. */
export async function startProduct (options: ProductOptions = {}): Promise<Product> {
  const begun: (() => Promise<unknown>)[] = []
  const stop = async () => {
    running.delete(stop)
    while (begun.length > 0) await begun.pop()!()
  }
  running.add(stop)
  try {
    return { ...await startParts(options, begun), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** @param begun gets what ends each part as soon as it runs, so that an interruption finds it */
async function startParts (
  options: ProductOptions, begun: (() => Promise<unknown>)[]
): Promise<Omit<Product, 'stop'>> {
  const apart = options.as_started ? null : await startDatabase(options.database_settings)
  if (apart) begun.push(apart.stop)
  const data = await createDataFolder()
  begun.push(data.remove)
  const secrets = {
    JWT_EXTERNAL_SIGNATURE: randomBytes(32).toString('hex'),
    JWT_INTERNAL_SIGNATURE: randomBytes(32).toString('hex'),
    TICKET_SIGNATURE: randomBytes(32).toString('hex'),
    SECOND_FACTOR_SECRET: randomBytes(32).toString('hex'),
  }
  const { start = startServerProcess } = options
  const server: StartedServer = await start(data.folder, {
    // Pages are left out: they are built apart, and no goal asks for one.
    ...apart && {
      SERVICES: serviceNames.join(','), DATABASE_URL: apart.url, LOG_LEVEL: 'error',
    },
    FERMATA_DEMO: 'false', RATE_LIMITS: 'off', ...secrets, ...options.environment,
  })
  begun.push(server.stop)
  const database = apart ?? await databaseOf(data.folder)
  const pool = createPool({ url: database.url, max_connections: 4, application_name: 'bench' })
  begun.push(() => pool.end())
  const organizer = {
    user_id: uuidv7(), login_id: uuidv7(), roles: ['event_creator' as const],
    email: 'organizer@example.com', email_verified: true,
  }
  const tokens = createTokens(secrets)
  // Signed anew each time: a whole run takes longer than a token lives.
  const callAsOrganizer = async () => server.callAs(await tokens.signAccess(organizer))
  return {
    port: Number(new URL(server.url).port), pid: server.pid, database_url: database.url, pool,
    settings: database.settings,
    openEvent: async capacity => openEvent(await callAsOrganizer(), capacity),
    callAsOrganizer,
  }
}

export async function must<R extends AnyRoute> (answer: Promise<Answer<R>>): Promise<ReplyOf<R>> {
  const given = await answer
  if (given.ok) return given.body as ReplyOf<R>
  throw new Error(`${given.status} ${JSON.stringify(given.problem)}`)
}

async function openEvent (call: Call, capacity: number) {
  const { id: event_id } = await must(call(events.createEvent, { body: {
    title: 'The hot event', description: 'Everybody wants to be there.', category: 'music',
    timezone: 'Europe/Paris', currency: 'EUR', starts_at: in_days(10), ends_at: in_days(10.2),
    venue: { name: 'Stadium', address: '1 Square', city: 'Lyon', country: 'FR' },
  } }))
  const { id: ticket_type_id } = await must(call(orders.createTicketType, {
    body: { event_id, name: 'Seat', price_minor: 4500, currency: 'EUR', capacity } }))
  // The crowd of a measurement is one address. What it holds is counted all the same.
  await must(call(orders.setFairShares,
    { params: { event_id }, body: { network_share_percent: 100 } }))
  await must(call(events.publishEvent, { params: { id: event_id } }))
  for (;;) {
    const { items } = await must(call(orders.listTicketTypes, { query: { event_id } }))
    if (items[0]?.on_sale === 'open') return { event_id, ticket_type_id }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

const clock_ticks_per_second = 100

export function cpuSecondsOf (pid: number): number | null {
  try {
    // After the name in brackets; user and system time are fields 14 and 15 of all.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) / clock_ticks_per_second
  } catch {
    return null
  }
}

/** What a process holds of the machine's memory. */
export function memoryMbOf (pid: number): number | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Math.round(Number(/^VmRSS:\s*(\d+)/m.exec(status)![1]) / 1024)
  } catch {
    return null
  }
}
