import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { startEmbeddedPostgres } from '@fermata/platform/embedded-postgres/supervisor'
import { createServiceDatabases, databaseName } from '@fermata/platform/service-databases'
import { databaseVariable } from '@fermata/server/server-settings'
import pg from 'pg'

/** Also the name of its socket, so it cannot be another; an address of its own can. */
export const database_port = 5432

export interface OwnPostgres {
  urlOf: (service: ServiceName) => string
  /** The settings that lead each service there. */
  environment: Record<string, string>
  stop: () => Promise<void>
}

/** The PostgreSQL that npm brought, as an operator's own would be: reached over a network. */
export async function startOwnPostgres (
  folder: string, host: string, settings: Record<string, string> = {}
): Promise<OwnPostgres> {
  const hba_file = join(folder, 'access')
  writeFileSync(hba_file, 'local all fermata peer map=fermata\n' +
    'local all all scram-sha-256\nhost all all samenet scram-sha-256\n', { mode: 0o644 })
  const server = await startEmbeddedPostgres({
    folder: join(folder, 'postgres'), log: line => console.log(line), settings: {
      max_connections: '400', recovery_init_sync_method: 'syncfs', hba_file,
      listen_addresses: host, ...settings,
    },
  })
  const passwords = new Map(serviceNames.map(name => [name, randomBytes(16).toString('hex')]))
  await createServiceDatabases(server.url, passwords)
  await letLook(server.url)
  const urlOf = (name: ServiceName) => {
    const role = databaseName(name)
    return `postgres://${role}:${passwords.get(name)}@${host}:${database_port}/${role}?sslmode=disable`
  }
  return {
    urlOf, stop: server.stop,
    environment: Object.fromEntries(
      serviceNames.map(name => [databaseVariable(name), urlOf(name)])),
  }
}

/** The tests look at what the roles that serve are doing, as their owners. */
async function letLook (superuser_url: string): Promise<void> {
  const client = new pg.Client({ connectionString: superuser_url })
  await client.connect()
  for (const name of serviceNames) {
    await client.query(`grant pg_read_all_stats to ${client.escapeIdentifier(databaseName(name))}`)
  }
  await client.end()
}
