import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { createPool } from '@fermata/platform/database'
import { findRunningPostgres } from '@fermata/platform/embedded-postgres/find-running'
import { owner_name, ownerOf } from '@fermata/platform/embedded-postgres/owner'
import { startEmbeddedPostgres } from '@fermata/platform/embedded-postgres/supervisor'
import { databaseName } from '@fermata/platform/service-databases'
import type { Environment } from '@fermata/platform/settings'
import { databaseVariable } from './server-settings.ts'
import { makeServiceDatabases } from './split/split-databases.ts'

/** Where an installation keeps its data, for commands that work beside it. */

/** One process, or each service apart. */
export type Shape = 'one' | 'split'

export interface FoundDatabases {
  /** Of the role that owns each service's database. */
  urls: ReadonlyMap<ServiceName, string>
  /** Whether the PostgreSQL that npm brought already ran, as it does while Fermata serves. */
  was_running: boolean
  /** Ends the PostgreSQL that had to be started, if one had. */
  stop: () => Promise<void>
}

const nothing = () => Promise.resolve()

/**
 * The address of each service's database: as set for the installation, else in the PostgreSQL that
 * npm brought, which is started where it does not run.
 * @param shape needed only where a folder was used in both
 * @param makes whether what is not there is made, for a restore
 * @throws with a sentence for whoever typed the command
 */
export async function findDatabases (
  environment: Environment, folder: string, shape?: Shape, makes = false
): Promise<FoundDatabases> {
  const given = new Map(serviceNames.flatMap(name => {
    const url = environment[databaseVariable(name)] || environment.DATABASE_URL
    return url ? [[name, url] as const] : []
  }))
  const without = serviceNames.filter(name => !given.has(name))
  if (without.length === 0) return { urls: given, was_running: false, stop: nothing }
  const server = await embedded(join(folder, 'postgres'), folder, makes)
  const { was_running } = server
  try {
    if (await shapeOf(server.url, shape) === 'one') {
      const url = await oneUrl(server, makes)
      const own = serviceNames.map(name => [name, url] as const)
      return { urls: new Map([...own, ...given]), was_running, stop: server.stop }
    }
    const own = makes
      ? await makeServiceDatabases(server.url, folder, without)
      : await splitUrls(server.url, folder)
    const urls = new Map([...own, ...given])
    const lost = serviceNames.filter(name => !urls.has(name))
    if (lost.length > 0) throw new Error(
      `Nothing says where ${lost.join(', ')} keep their data: start Fermata once, or set ` +
      `${lost.map(databaseVariable).join(', ')}.`)
    return { urls, was_running, stop: server.stop }
  } catch (error) {
    await server.stop()
    throw error
  }
}

interface Server { url: string, folder: string, was_running: boolean, stop: () => Promise<void> }

async function embedded (postgres: string, folder: string, makes: boolean): Promise<Server> {
  const found = await findRunningPostgres(postgres)
  if (found.state === 'running') return { ...found, was_running: true, stop: nothing }
  if (found.state === 'absent' && !makes) throw new Error(
    `Nothing is installed in ${folder}. Start Fermata once, or name its FERMATA_DATA.`)
  return { ...await startEmbeddedPostgres({ folder: postgres }), was_running: false }
}

async function shapeOf (url: string, wanted: Shape | undefined): Promise<Shape> {
  const { one, split } = await ask(url, `
    select to_regclass('orders.orders') is not null as one,
           exists (select from pg_database where datname = '${databaseName('orders')}') as split`)
  if (wanted) return wanted
  if (one && split) throw new Error(
    'This folder was used by one process and by services apart, and holds the data of both. ' +
    'Say which: --shape one, or --shape split.')
  return split ? 'split' : 'one'
}

async function ask (url: string, question: string): Promise<Record<string, boolean>> {
  const pool = createPool({
    url, max_connections: 1, read_only: true, application_name: 'fermata-verify',
  })
  try {
    return (await pool.query<Record<string, boolean>>(question)).rows[0]!
  } finally {
    await pool.end()
  }
}

/** A command that only reads changes no role; one that an older Fermata left has none yet. */
async function oneUrl (server: Server, makes: boolean): Promise<string> {
  const file = join(server.folder, 'owner-password')
  if (makes || !existsSync(file)) return ownerOf(server)
  const url = new URL(server.url)
  url.username = owner_name
  url.password = await readFile(file, 'utf8')
  return url.href
}

async function splitUrls (admin_url: string, folder: string): Promise<Map<ServiceName, string>> {
  const file = join(folder, 'split', 'database-passwords.json')
  if (!existsSync(file)) throw new Error(`The passwords of the databases are not in ${file}.`)
  const passwords = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>
  return new Map(serviceNames.flatMap(name => {
    if (!passwords[name]) return []
    const url = new URL(admin_url)
    url.username = databaseName(name)
    url.password = passwords[name]
    url.pathname = `/${databaseName(name)}`
    return [[name, url.href] as const]
  }))
}
