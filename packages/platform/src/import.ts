import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { importMismatch, type ImportResult, type RestoreNote } from '@fermata/contracts/platform'
import { unavailable } from '@fermata/contracts/problems'
import type { PoolClient } from 'pg'
import { Kysely, PostgresDialect } from 'kysely'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Static, TObject } from 'typebox'
import { Value } from 'typebox/value'
import type { Db } from './database.ts'
import { ExportEnd, ExportHeader, Sequences, TableEnd, TableStart } from './export.ts'
import { readExport, type ExportReader } from './export-reader.ts'
import { uuidv7 } from './ids.ts'
import { makeAllDue } from './message-queries.ts'
import { Problem } from './problem.ts'
import type { ServiceDefinition } from './service.ts'
import {
  beginCopy, createDigest, digestTable, readMigrationNames, readShapes, type TableShape,
} from './table-copy.ts'

/**
 * `scratch` proves that a copy can be put back and is then forgotten; `live` replaces what the
 * service holds.
 */
export type ImportTarget = 'live' | 'scratch'

export interface ImportOptions {
  service: string
  target: ImportTarget
  /**
   * What follows in the transaction of a live one: `endRestore`, unless the tables are of an older
   * version and have to be brought up to date before.
   */
  finish?: (db: Db) => Promise<RestoreNote[]>
}

const mismatch = (table: string, detail: string) =>
  new Problem(importMismatch, detail, { extensions: { table } })

type Start = Static<typeof TableStart>
type End = Static<typeof TableEnd>

/** The line as what must stand there. */
function expect<S extends TObject> (schema: S, line: unknown): Static<S> {
  if (Value.Check(schema, line)) return line
  throw mismatch('', 'The copy has other tables, or none.')
}

interface ForeignKey { table: string, name: string, definition: string }

/**
 * With the schema first in the search path their definitions name tables without it, so they fit
 * any copy of it.
 */
async function readForeignKeys (client: PoolClient, schema: string): Promise<ForeignKey[]> {
  await client.query(`set local search_path = ${client.escapeIdentifier(schema)}, public`)
  return (await client.query<ForeignKey>(`
    select c.relname::text as table, k.conname::text as name, pg_get_constraintdef(k.oid) as definition
      from pg_constraint k join pg_class c on c.oid = k.conrelid
     where k.contype = 'f' and k.conparentid = 0 and k.connamespace = $1::regnamespace order by 1, 2`, [schema])).rows
}

const quote = (client: PoolClient, ...names: string[]) =>
  names.map(name => client.escapeIdentifier(name)).join('.')

interface Index { name: string, definition: string }

/** Those that only find things faster; what a constraint stands on stays. */
const readIndexes = async (client: PoolClient, schema: string): Promise<Index[]> =>
  (await client.query<Index>(`
    select c.relname::text as name, pg_get_indexdef(i.indexrelid) as definition
      from pg_index i join pg_class c on c.oid = i.indexrelid
     where c.relnamespace = $1::regnamespace and c.relkind = 'i' and not c.relispartition
       and not exists (select from pg_constraint where conindid = i.indexrelid)
     order by 1`, [schema])).rows

/**
 * Empties the service's own tables; order among them does not matter while their foreign keys are
 * away. An index is made sooner of all rows than row by row.
 */
async function emptyLive (
  client: PoolClient, schema: string, shapes: TableShape[], keys: ForeignKey[], indexes: Index[]
): Promise<void> {
  for (const key of keys) {
    await client.query(
      `alter table ${quote(client, schema, key.table)} drop constraint ${quote(client, key.name)}`
    )
  }
  const tables = shapes.map(shape => quote(client, schema, shape.name))
  if (tables.length > 0) await client.query(`truncate ${tables.join(', ')}`)
  for (const { name } of indexes) await client.query(`drop index ${quote(client, schema, name)}`)
  // What triggers did when the rows were first written is part of the copy.
  for (const table of tables) await client.query(`alter table ${table} disable trigger user`)
}

/**
 * Tables of the same shape in a schema that only this transaction sees: no kill leaves it behind.
 */
async function createScratch (
  client: PoolClient, schema: string, shapes: TableShape[]
): Promise<string> {
  const scratch = `scratch_${uuidv7().replaceAll('-', '')}`
  await client.query(`create schema ${quote(client, scratch)}`)
  for (const { name } of shapes) {
    await client.query(
      `create table ${quote(client, scratch, name)} (like ${quote(client, schema, name)} including all)`)
  }
  return scratch
}

async function addForeignKeys (
  client: PoolClient, schema: string, keys: ForeignKey[]
): Promise<void> {
  await client.query(`set local search_path = ${quote(client, schema)}, public`)
  for (const { table, name, definition } of keys) {
    await client.query(
      `alter table ${quote(client, table)} add constraint ${quote(client, name)} ${definition}`
    )
  }
}

/**
 * Fills one table from its pieces; the line after them says how many rows they are and which.
 */
async function fillTable (
  client: PoolClient, schema: string, start: Start, shape: TableShape, reader: ExportReader
): Promise<End> {
  if ([...start.columns].sort().join() !== [...shape.columns].sort().join()) {
    throw mismatch(shape.name, 'The copy has other columns.')
  }
  const digest = createDigest()
  async function * rows (): AsyncGenerator<Buffer> {
    for await (const piece of reader.pieces()) {
      digest.add(piece)
      yield piece
    }
  }
  const columns = start.columns.map(name => quote(client, name)).join(', ')
  await pipeline(Readable.from(rows(), { objectMode: false }), client.query(copyFrom(
    `copy ${quote(client, schema, shape.name)} (${columns}) from stdin`)))
  const end = expect(TableEnd, await reader.next())
  const { rows: count, sha256 } = digest.end()
  if (end.table !== shape.name || end.rows !== count || end.sha256 !== sha256) {
    throw mismatch(shape.name, 'The rows are not those that were copied.')
  }
  return end
}

async function fill (
  client: PoolClient, { service, target, finish }: ImportOptions, reader: ExportReader
): Promise<ImportResult> {
  const header = expect(ExportHeader, await reader.next())
  if (header.service !== service) throw mismatch('', `This is no copy of ${service}.`)
  const migrations = await readMigrationNames(client, service)
  if (String(header.migrations) !== String(migrations)) {
    throw mismatch('migrations', 'The copy was made by another version of the service.')
  }
  const shapes = await readShapes(client, service)
  const keys = await readForeignKeys(client, service)
  const indexes = target === 'live' ? await readIndexes(client, service) : []
  if (target === 'live') await emptyLive(client, service, shapes, keys, indexes)
  const schema = target === 'live' ? service : await createScratch(client, service, shapes)

  const claimed: End[] = []
  for (const shape of shapes) {
    const start = expect(TableStart, await reader.next())
    if (start.table !== shape.name) throw mismatch(shape.name, 'The copy has other tables.')
    claimed.push(await fillTable(client, schema, start, shape, reader))
  }
  const { sequences } = expect(Sequences, await reader.next())
  const { end } = expect(ExportEnd, await reader.next())
  if (
    end.tables !== claimed.length || end.sha256 !== reader.digestBefore() || await reader.more()
  ) {
    throw mismatch('', 'The copy is not what was written.')
  }
  if (target === 'live') await restoreRest(client, schema, shapes, sequences)
  for (const { definition } of indexes) await client.query(definition)
  await addForeignKeys(client, schema, keys)
  const tables = await compare(client, schema, shapes, claimed)
  if (target === 'scratch') return { tables, notes: [] }
  return { tables, notes: await finish?.(databaseOn(client)) ?? [] }
}

async function restoreRest (
  client: PoolClient, schema: string, shapes: TableShape[],
  sequences: Static<typeof Sequences>['sequences']
): Promise<void> {
  for (const { name } of shapes) await client.query(
    `alter table ${quote(client, schema, name)} enable trigger user`
  )
  for (const { name, last_value, is_called } of sequences) {
    await client.query(
      'select setval($1::regclass, $2::bigint, $3)',
      [quote(client, schema, name), last_value, is_called]
    )
  }
}

/**
 * Reads back what the database now holds: the proof is in the tables, not in what was sent to them.
 */
async function compare (
  client: PoolClient, schema: string, shapes: TableShape[], claimed: End[]
): Promise<ImportResult['tables']> {
  const tables: ImportResult['tables'] = []
  for (const [index, shape] of shapes.entries()) {
    const found = await digestTable(client, schema, shape)
    if (found.sha256 !== claimed[index]!.sha256) throw mismatch(
      shape.name, 'The table reads back differently.'
    )
    tables.push({ name: shape.name, ...found })
  }
  return tables
}

/** Queries of a transaction that is under way. */
const databaseOn = (client: PoolClient): Db => new Kysely({ dialect: new PostgresDialect({ pool: {
  connect: async () => ({
    query: client.query.bind(client), release () {},
  }),
  end: async () => {},
  options: {},
} }) })

/**
 * What follows once rows are back, in tables of this version. Every event is due again: whoever had
 * handled it before the copy knows it, and others hear of it now.
 * @param afterRestore of the service's definition
 */
export async function endRestore (
  db: Db, { name, afterRestore }: Pick<ServiceDefinition, 'name' | 'afterRestore'>
): Promise<RestoreNote[]> {
  const events_due: RestoreNote = {
    what: 'events_due', count: await makeAllDue(db, name), ids: [],
  }
  return [events_due, ...await afterRestore?.(db) ?? []]
}

/** Somebody else holds the tables, or wants them in another order. */
const tablesInUse = new Set(['55P03', '40P01'])
/**
 * PostgreSQL's classes for data that a table refuses: 22 (bad value), 23 (constraint), 42 (no such
 * thing).
 */
const refusedData = /^(?:22|23|42)/

function toProblem (error: unknown): unknown {
  const { code = '', message = '', table = '' } = error as {
    code?: string, message?: string, table?: string
  }
  if (tablesInUse.has(code)) {
    return new Problem(unavailable, 'The tables are in use.', { headers: { 'retry-after': '10' } })
  }
  if (error instanceof Problem || !refusedData.test(code)) return error
  return mismatch(table, message)
}

/**
 * Puts an export back, in one transaction: either all of it is there and reads back the same, or
 * nothing happened.
 * @throws Problem `platform/import-mismatch` when the stream was cut or changed, or does not fit
 * these tables
 */
export async function importTables (
  pool: pg.Pool, body: Readable, options: ImportOptions
): Promise<ImportResult> {
  const reader = readExport(body)
  const client = await pool.connect()
  let clean = false
  try {
    await beginCopy(client, 'isolation level read committed')
    const result = await fill(client, options, reader)
    await client.query(options.target === 'live' ? 'commit' : 'rollback')
    clean = true
    return result
  } catch (error) {
    clean = await client.query('rollback').then(() => true, () => false)
    await reader.drain()
    throw toProblem(error)
  } finally {
    client.release(!clean)
  }
}
