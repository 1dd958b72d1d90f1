import type { ServiceName } from '@fermata/contracts/services'
import pg from 'pg'
import { createLesserRoles } from './lesser-roles.ts'

/**
 * One database for each service, on one server, with a role that owns it and lesser ones that
 * serve. None has rights in any other, so what a service is tricked into asking, it can ask of its
 * own data only.
 */

/** The database of a service, and the role that owns it. */
export const databaseName = (service: ServiceName) => `fermata_${service}`

/**
 * Makes what is missing and sets the passwords; may be repeated.
 * @param admin_url of a role that may create databases and roles
 * @returns the address with which each service connects
 */
export async function createServiceDatabases (
  admin_url: string, passwords: ReadonlyMap<ServiceName, string>
): Promise<Map<ServiceName, string>> {
  const client = new pg.Client({ connectionString: admin_url })
  client.on('error', () => {})
  await client.connect()
  try {
    const urls = new Map<ServiceName, string>()
    for (const [service, password] of passwords) {
      await createOne(client, service, password)
      urls.set(service, addressOf(admin_url, databaseName(service), password))
    }
    return urls
  } finally {
    await client.end()
  }
}

async function createOne (
  client: pg.Client, service: ServiceName, password: string
): Promise<void> {
  const name = databaseName(service)
  const quoted = client.escapeIdentifier(name)
  const has = async (question: string) => (await client.query(question, [name])).rowCount === 1
  const verb = await has('select from pg_roles where rolname = $1') ? 'alter' : 'create'
  await client.query(`${verb} role ${quoted} login password ${client.escapeLiteral(password)}
    nosuperuser nocreatedb nocreaterole noreplication nobypassrls`)
  if (!await has('select from pg_database where datname = $1')) {
    await client.query(`create database ${quoted} owner ${quoted}`)
  }
  await createLesserRoles(client, name, password, [service, 'jobs'])
  // By default anybody may connect to any database.
  await client.query(`revoke all on database ${quoted} from public`)
}

function addressOf (admin_url: string, name: string, password: string): string {
  const url = new URL(admin_url)
  url.username = name
  url.password = password
  url.pathname = `/${name}`
  return url.href
}
