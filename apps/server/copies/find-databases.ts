import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { findRunningPostgres } from '@fermata/platform/embedded-postgres/find-running'
import { ownerOf } from '@fermata/platform/embedded-postgres/owner'
import { startEmbeddedPostgres } from '@fermata/platform/embedded-postgres/supervisor'
import type { Environment } from '@fermata/platform/settings'
import { databaseVariable } from '../server-settings.ts'
import { prepareDatabases } from '../split/split-databases.ts'

export interface Databases {
  /** Of the role that owns each service's database. */
  urlOf: (service: ServiceName) => string
  /** Whether a server of ours was already running, as it does while Fermata serves. */
  was_running: boolean
  stop: () => Promise<void>
}

const nothing = () => Promise.resolve()

/** Whether this folder holds services with a database each, as `npm run start:split` makes them. */
const isSplit = (folder: string) => existsSync(join(folder, 'split', 'database-passwords.json'))

/**
 * Where each service of an installation keeps its data: at the addresses that are set, otherwise on
 * the PostgreSQL that npm brought, which is started where it does not run.
 * @param split true: a database for each service is made where there is nothing yet
 */
export async function findDatabases (
  environment: Environment, folder: string, split: boolean
): Promise<Databases> {
  const given = new Map(serviceNames.flatMap(name => {
    const url = environment[databaseVariable(name)] || environment.DATABASE_URL
    return url ? [[name, url] as const] : []
  }))
  if (given.size === serviceNames.length) {
    return { urlOf: name => given.get(name)!, was_running: false, stop: nothing }
  }
  const postgres = join(folder, 'postgres')
  const found = await findRunningPostgres(postgres)
  const was_running = found.state === 'running'
  if (split || isSplit(folder)) {
    const { urls, stop } = await prepareDatabases(environment, folder, () => {})
    return { urlOf: name => urls.get(name)!, was_running, stop: was_running ? nothing : stop }
  }
  if (found.state === 'running') {
    const url = await ownerOf(found)
    return { urlOf: () => url, was_running, stop: nothing }
  }
  const server = await startEmbeddedPostgres({ folder: postgres })
  const url = await ownerOf(server)
  return { urlOf: () => url, was_running, stop: server.stop }
}
