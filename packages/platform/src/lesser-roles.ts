import { createHash, createHmac } from 'node:crypto'
import type { ServiceName } from '@fermata/contracts/services'
import { runMigrations, type Logger } from 'graphile-worker'
import pg from 'pg'
import { createPool } from './database.ts'
import { jobs_schema } from './jobs.ts'

/**
 * Who serves is not who owns. The owner of a database migrates, imports and hands out rights, and
 * then lets go of it; requests are answered by a role that reads and writes the tables of its own
 * service and can do nothing else: no table is made or changed by it, no file of the machine read,
 * no other service's schema seen. Jobs, whose tables the services of a database share, have a role
 * of their own; a service adds to them through a function that takes its own tasks alone.
 *
 * Its password follows from the owner's, so nothing more has to be kept or shared. An owner without
 * a password, or who may make no roles and for whom nobody has, serves itself.
 */

type Part = ServiceName | 'jobs'

/** PostgreSQL cuts longer names. */
const max_name_length = 63

/** Of this database alone: roles belong to a whole server. */
export function lesserName (database: string, part: Part): string {
  const name = `${database}_${part}_serving`
  if (name.length <= max_name_length) return name
  return `${createHash('sha256').update(database).digest('hex').slice(0, 16)}_${part}_serving`
}

export const lesserPassword = (owner_password: string, name: string) =>
  createHmac('sha256', owner_password).update(`fermata lesser role ${name}`).digest('base64url')

/** Tells whether a role's password is the one that would be derived now, and opens nothing. */
export const passwordMark = (password: string) =>
  `fermata ${createHash('sha256').update(password).digest('hex').slice(0, 16)}`

/** Whoever makes roles at once waits for each other, as do those who hand out the same rights. */
const lock_key = 1_734_601_117

async function locked (client: pg.ClientBase, work: () => Promise<void>): Promise<void> {
  await client.query('begin')
  try {
    await client.query('select pg_advisory_xact_lock($1)', [lock_key])
    await work()
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

interface RoleState { mark: string | null }

const findRole = async (client: pg.ClientBase, name: string): Promise<RoleState | undefined> =>
  (await client.query<RoleState>(
    `select shobj_description(oid, 'pg_authid') as mark from pg_roles where rolname = $1`,
    [name])).rows[0]

/**
 * Makes roles that may sign in and nothing more, or gives them the password that follows from the
 * owner's now.
 * @param client of a role that may make roles
 */
export async function createLesserRoles (
  client: pg.ClientBase, database: string, owner_password: string, parts: readonly Part[]
): Promise<void> {
  await locked(client, async () => {
    for (const part of parts) {
      const name = lesserName(database, part)
      const password = lesserPassword(owner_password, name)
      const mark = passwordMark(password)
      const found = await findRole(client, name)
      if (found?.mark === mark) continue
      const role = client.escapeIdentifier(name)
      await client.query(`${found ? 'alter' : 'create'} role ${role} login noinherit
        password ${client.escapeLiteral(password)}`)
      await client.query(`comment on role ${role} is ${client.escapeLiteral(mark)}`)
    }
  })
}

async function connect (url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000,
    application_name: 'fermata-owner' })
  client.on('error', () => {})
  await client.connect()
  return client
}

/**
 * The role for one part of this database, made where the owner may and nobody has.
 * @returns its address, or null where there is none
 */
async function findLesser (
  client: pg.Client, owner_url: string, part: Part
): Promise<{ name: string, url: string } | null> {
  const url = new URL(owner_url)
  const owner_password = decodeURIComponent(url.password)
  if (owner_password === '') return null
  const { rows: [own] } = await client.query<{ database: string, may_create: boolean }>(`
    select current_database()::text as database, rolsuper or rolcreaterole as may_create
      from pg_roles where rolname = current_user`)
  const { database, may_create } = own!
  if (may_create) await createLesserRoles(client, database, owner_password, [part])
  const name = lesserName(database, part)
  const password = lesserPassword(owner_password, name)
  if ((await findRole(client, name))?.mark !== passwordMark(password)) return null
  url.username = name
  url.password = password
  return { name, url: url.href }
}

const kept_by_owner = ['migrations', 'migrations_lock']

/** Whether nothing is left to hand out: a new table is, and the first start. */
const hasRights = async (client: pg.Client, schema: string, name: string) =>
  (await client.query<{ has: boolean | null }>(`
    select bool_and(has_table_privilege($2, c.oid, 'insert')) as has from pg_class c
     where c.relnamespace = $1::text::regnamespace and c.relkind in ('r', 'p')
       and c.relname <> all($3)`, [schema, name, kept_by_owner])).rows[0]!.has === true

async function handOut (client: pg.Client, schema: string, name: string): Promise<void> {
  const [s, r] = [client.escapeIdentifier(schema), client.escapeIdentifier(name)]
  const { rows: [{ database } = { database: '' }] } = await client.query<{ database: string }>(
    'select quote_ident(current_database()) as database')
  await client.query(`
    revoke temporary on database ${database} from public;
    grant connect on database ${database} to ${r};
    grant usage on schema ${s} to ${r};
    grant select, insert, update, delete on all tables in schema ${s} to ${r};
    grant usage, select on all sequences in schema ${s} to ${r};
    alter default privileges in schema ${s}
      grant select, insert, update, delete on tables to ${r};
    alter default privileges in schema ${s} grant usage, select on sequences to ${r}`)
}

/**
 * The address with which a service answers requests; the owner's own where there is no lesser role.
 * @param owner_url whose migrations have run
 */
export async function addressToServe (owner_url: string, service: ServiceName): Promise<string> {
  const client = await connect(owner_url)
  try {
    const lesser = await findLesser(client, owner_url, service)
    if (!lesser) return owner_url
    const { name, url } = lesser
    if (!await hasRights(client, service, name)) await locked(client, async () => {
      await handOut(client, service, name)
      // What the database has become is the owner's to say.
      for (const table of kept_by_owner) await client.query(`
        revoke insert, update, delete on ${client.escapeIdentifier(service)}.${table}
          from ${client.escapeIdentifier(name)}`)
    })
    return url
  } finally {
    await client.end()
  }
}

/** Brings the tables of jobs up to date. @returns the address with which jobs are run */
export async function addressOfJobs (owner_url: string, logger: Logger): Promise<string> {
  const pool = createPool({
    url: owner_url, max_connections: 1, application_name: 'fermata-owner',
  })
  try {
    await runMigrations({ pgPool: pool, schema: jobs_schema, logger })
  } finally {
    await pool.end()
  }
  const client = await connect(owner_url)
  try {
    const lesser = await findLesser(client, owner_url, 'jobs')
    if (!lesser) return owner_url
    if (!await hasRights(client, jobs_schema, lesser.name)) await locked(client, async () => {
      await handOut(client, jobs_schema, lesser.name)
    })
    await locked(client, () => admitToRows(client, lesser.name))
    return lesser.url
  } finally {
    await client.end()
  }
}

/** graphile-worker's tables show their rows to their owner only, until a policy says otherwise. */
async function admitToRows (client: pg.Client, name: string): Promise<void> {
  const { rows } = await client.query<{ table: string }>(`
    select c.oid::regclass::text as table from pg_class c
     where c.relnamespace = $1::text::regnamespace and c.relrowsecurity and not exists (
       select from pg_policies p
        where p.schemaname = $1 and p.tablename = c.relname and $2 = any(p.roles))`,
  [jobs_schema, name])
  for (const { table } of rows) await client.query(`
    create policy ${client.escapeIdentifier(name)} on ${table}
      to ${client.escapeIdentifier(name)} using (true) with check (true)`)
}
