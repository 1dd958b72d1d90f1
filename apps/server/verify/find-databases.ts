import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { createPool } from '@fermata/platform/database'
import { findRunningPostgres } from '@fermata/platform/embedded-postgres/find-running'
import { owner_name } from '@fermata/platform/embedded-postgres/owner'
import { startEmbeddedPostgres } from '@fermata/platform/embedded-postgres/supervisor'
import { databaseName } from '@fermata/platform/service-databases'
import type { Environment } from '@fermata/platform/settings'
import { databaseVariable } from '../server-settings.ts'

/** Where an installation keeps its data, for tools that work beside it and start nothing else. */

/** One process, or each service apart. */
export type Shape = 'one' | 'split'

export interface FoundDatabases {
  urls: ReadonlyMap<ServiceName, string>
  /** Ends the PostgreSQL that had to be started, if one had. */
  stop: () => Promise<void>
}

/**
 * The address of each service's database: as set for the installation, else in the PostgreSQL that
 * npm brought, which is started where it does not run.
 * @param shape needed only where a folder was used in both
 * @throws with a sentence for whoever typed the command
 */
export async function findDatabases (
  environment: Environment, folder: string, shape?: Shape
): Promise<FoundDatabases> {
  const given = new Map(serviceNames.flatMap(name => {
    const url = environment[databaseVariable(name)] || environment.DATABASE_URL
    return url ? [[name, url] as const] : []
  }))
  if (given.size === serviceNames.length) return { urls: given, stop: () => Promise.resolve() }
  const server = await embedded(join(folder, 'postgres'), folder)
  try {
    const own = await shapeOf(server.url, shape) === 'split'
      ? await splitUrls(server.url, folder) : await oneUrl(server)
    return { urls: new Map([...own, ...given]), stop: server.stop }
  } catch (error) {
    await server.stop()
    throw error
  }
}

interface Server { url: string, folder: string, stop: () => Promise<void> }

async function embedded (postgres: string, folder: string): Promise<Server> {
  const found = await findRunningPostgres(postgres)
  if (found.state === 'running') return { ...found, stop: () => Promise.resolve() }
  if (found.state === 'stopped') return startEmbeddedPostgres({ folder: postgres })
  throw new Error(`Nothing is installed in ${folder}. Start Fermata once, or name its FERMATA_DATA.`)
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

async function oneUrl (server: Server): Promise<Map<ServiceName, string>> {
  const password = await readFile(join(server.folder, 'owner-password'), 'utf8')
  const url = new URL(server.url)
  url.username = owner_name
  url.password = password
  return new Map(serviceNames.map(name => [name, url.href]))
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
