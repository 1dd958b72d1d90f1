import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { makeFolderDurably, writeDurably } from '@fermata/platform/durable-file'
import { startEmbeddedPostgres } from '@fermata/platform/embedded-postgres/supervisor'
import { createServiceDatabases } from '@fermata/platform/service-databases'
import type { Environment } from '@fermata/platform/settings'
import { databaseVariable } from '../server-settings.ts'

export interface Databases {
  urls: ReadonlyMap<ServiceName, string>
  notes: string[]
  stop (): Promise<void>
}

/** Ten services with jobs of their own, and twins of some of them. */
const max_connections = '400'

/**
 * Where each service keeps its data: at the address that is set for it or for all, otherwise in a
 * database and with a role of its own on the PostgreSQL that npm brought.
 */
export async function prepareDatabases (
  environment: Environment, folder: string, say: (line: string) => void
): Promise<Databases> {
  const given = new Map(serviceNames.flatMap(name => {
    const url = environment[databaseVariable(name)] || environment.DATABASE_URL
    return url ? [[name, url] as const] : []
  }))
  const without = serviceNames.filter(name => !given.has(name))
  if (without.length === 0) return { urls: given, notes: [], stop: () => Promise.resolve() }
  const server = await startEmbeddedPostgres({
    folder: join(folder, 'postgres'), settings: { max_connections }, log: say,
  })
  try {
    const own = await makeServiceDatabases(server.url, folder, without)
    return { urls: new Map([...own, ...given]), notes: server.notes, stop: server.stop }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** Makes what is missing of these services' databases. @returns their addresses */
export const makeServiceDatabases = async (
  admin_url: string, folder: string, names: ServiceName[]
): Promise<ReadonlyMap<ServiceName, string>> =>
  createServiceDatabases(admin_url, await keptPasswords(folder, names))

/** Not derived from a secret that all share: who knows one password shall know one. */
async function keptPasswords (
  folder: string, names: ServiceName[]
): Promise<Map<ServiceName, string>> {
  const file = join(folder, 'split', 'database-passwords.json')
  const kept = readPasswords(file)
  for (const name of names) kept[name] ??= randomBytes(24).toString('hex')
  await makeFolderDurably(join(folder, 'split'))
  await writeDurably(file, `${JSON.stringify(kept, null, 2)}\n`, 0o600)
  return new Map(names.map(name => [name, kept[name]!]))
}

/** Damaged ones are made anew: each start sets the passwords of the roles to these. */
function readPasswords (file: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
  } catch {
    return {}
  }
}
