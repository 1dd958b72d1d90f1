import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql, type Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import { explainAway, isDatabaseAway } from './database.ts'

/** What every service's schema has in common. */
const platformMigrations = new URL('../migrations/', import.meta.url)

/**
 * A migration waits this long for a lock; whoever uses the table waits behind it meanwhile. Then it
 * lets them pass and tries again.
 */
const lock_timeout_ms = 200
const pause_ms = 300
/** Five seconds of trying; after that the start fails, and the next one tries again. */
const max_tries = 10
const lock_not_available = '55P03'

function readMigrations (folder: URL, prefix: string, schema: string): Record<string, Migration> {
  const files = readdirSync(folder).filter(name => name.endsWith('.sql')).sort()
  return Object.fromEntries(files.map(name => [prefix + name.slice(0, -4), {
    up: async (db: Kysely<unknown>) => {
      await sql.raw(
        `set local lock_timeout = ${lock_timeout_ms}; set local search_path = ${schema}, public`
      ).execute(db)
      await sql.raw(readFileSync(new URL(name, folder), 'utf8')).execute(db)
    },
  }]))
}

/**
 * True when every migration is recorded; a single cheap question that spares most starts the locks.
 */
async function isCurrent (db: Kysely<any>, schema: string, names: string[]): Promise<boolean> {
  try {
    const rows = await db.withSchema(schema).selectFrom('migrations').select('name').execute()
    const done = new Set(rows.map(row => row.name))
    return names.every(name => done.has(name))
  } catch {
    return false
  }
}

/**
 * Before it begins, the migrator lists the tables and columns of the whole database, and one of
 * them may be renamed or dropped meanwhile: those of jobs are, when services that share a database
 * start for the first time; and a restore makes the schemas of other services anew. SQLSTATEs of an
 * undefined table, column and schema.
 */
const gone_while_listed = ['42P01', '42703', '3F000']

/** True for what may pass in a moment. */
const isPassing = (error: unknown, has_begun: boolean) => {
  const code = (error as { code?: string } | undefined)?.code
  return code === lock_not_available || (!has_begun && gone_while_listed.includes(code ?? ''))
}

/**
 * Brings a service's schema up to date. Forward only; several processes may start at once: the
 * migrator takes a transaction-scoped lock, the first does the work and the others find it done.
 * @param folder the service's own migrations; absent when it has the platform's tables only
 * @param only these and no others, for a copy of before; all of them have to be known
 * @throws the database's error, naming the migration; nothing of a failed run stays behind
 */
export async function migrate (
  db: Kysely<any>, schema: string, folder?: URL, only?: readonly string[]
): Promise<void> {
  const all = {
    ...readMigrations(platformMigrations, 'platform_', schema),
    ...(folder && readMigrations(folder, 'service_', schema)),
  }
  const unknown = only?.filter(name => !(name in all)) ?? []
  if (unknown.length > 0) throw new Error(
    `The copy of ${schema} was made by a newer Fermata: ${unknown.join(', ')} is not known here.`)
  const migrations = only ? Object.fromEntries(only.map(name => [name, all[name]!])) : all
  if (await isCurrent(db, schema, Object.keys(migrations))) return
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    migrationTableSchema: schema,
    migrationTableName: 'migrations',
    migrationLockTableName: 'migrations_lock',
    // Platform and service files are numbered apart, so a new one of either may sort before an old
    // one of the other.
    allowUnorderedMigrations: true,
  })
  let { error, results } = await migrator.migrateToLatest()
  // All of a run is one transaction, so nothing of a try that failed stays behind.
  for (let tries = 1; tries < max_tries; tries++) {
    if (!isPassing(error, (results ?? []).length > 0)) break
    await sleep(pause_ms)
    ;({ error, results } = await migrator.migrateToLatest())
  }
  if (isDatabaseAway(error)) throw explainAway(`of ${schema}`, error)
  if (error) {
    const failed = results?.find(result => result.status === 'Error')?.migrationName
    throw new Error(
      `Migration ${failed ?? ''} of ${schema} failed: ${(error as Error).message}`, { cause: error }
    )
  }
}
