import { randomBytes } from 'node:crypto'
import pg from 'pg'

/**
 * Databases in which an on-sale is rehearsed, beside the real one on the same server. Who uses one
 * holds a lock with its name on a connection to the real database. The server takes that lock back
 * when the connection ends, however it ends, so a database without one was left by a killed
 * rehearsal and may go.
 */

/** The first half of the lock's key; the second is a hash of the database's name. */
const lock_class = 1_718_775_661
/** A server that is away says so within this. */
const connect_within_ms = 5_000
/** Dropping a database waits for a checkpoint, on a slow disk for a while. */
const statement_within_ms = 60_000

export interface RehearsalDatabase {
  name: string
  url: string
  /** Ends whoever is connected, and removes it. May be called twice. */
  drop (): Promise<void>
}

async function connect (url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url, connectionTimeoutMillis: connect_within_ms,
    query_timeout: statement_within_ms, application_name: 'fermata-rehearsal', keepAlive: true,
  })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Begins the names of all that belong to this database, so that no installation drops another's. */
async function prefixOf (client: pg.Client): Promise<string> {
  const { rows: [row] } = await client.query<{ oid: number }>(
    'select oid from pg_database where datname = current_database()')
  return `fermata_rehearsal_${row!.oid}_`
}

const tryLock = async (client: pg.Client, name: string) =>
  (await client.query<{ got: boolean }>('select pg_try_advisory_lock($1, hashtext($2)) as got',
    [lock_class, name])).rows[0]!.got

const dropNow = (client: pg.Client, name: string) =>
  client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`)

/** Removes what killed rehearsals left. @returns the names of the databases that are gone */
async function removeFrom (client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`
    select datname::text as name from pg_database
     where starts_with(datname, $1) and pg_has_role(datdba, 'usage')`, [await prefixOf(client)])
  const removed: string[] = []
  for (const { name } of rows) {
    if (!await tryLock(client, name)) continue
    await dropNow(client, name)
    await client.query('select pg_advisory_unlock($1, hashtext($2))', [lock_class, name])
    removed.push(name)
  }
  return removed
}

/** Removes what killed rehearsals left beside this database. */
export async function removeLeftRehearsals (url: string): Promise<string[]> {
  const client = await connect(url)
  try {
    return await removeFrom(client)
  } finally {
    await client.end()
  }
}

/**
 * Makes an empty database beside the one at `url`, on the same server and for the same role.
 * @throws with words for the operator when that role may not create databases
 */
export async function createRehearsalDatabase (url: string): Promise<RehearsalDatabase> {
  const client = await connect(url)
  try {
    const { rows: [role] } = await client.query<{ name: string, may_create: boolean }>(`
      select rolname::text as name, rolcreatedb or rolsuper as may_create
        from pg_roles where rolname = current_user`)
    if (!role!.may_create) throw new Error(
      `The database role ${role!.name} may not create databases, and a rehearsal needs one of its ` +
      `own.\nA superuser of that server allows it with\n\n    ALTER ROLE ` +
      `${client.escapeIdentifier(role!.name)} CREATEDB;\n\nand takes it back with NOCREATEDB.`)
    const name = `${await prefixOf(client)}${randomBytes(4).toString('hex')}`
    await tryLock(client, name)
    // Not template1: somebody may be connected to that, or have filled it.
    await client.query(`create database ${client.escapeIdentifier(name)} template template0`)
    const own = new URL(url)
    own.pathname = `/${name}`
    let dropped: Promise<void> | undefined
    return {
      name, url: own.href,
      drop: () => dropped ??= dropNow(client, name).then(() => client.end()),
    }
  } catch (error) {
    await client.end()
    throw error
  }
}
