import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { PoolClient } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { letTakeItsTime } from './cut-off.ts'

/**
 * What a copy of a service's tables needs to know of them; names come quoted where SQL is made of
 * them.
 */
export interface TableShape {
  name: string
  /** Those that hold data; generated ones are computed again. */
  columns: string[]
  /** An order that is alike on every server: by primary key, texts bytewise. */
  order_by: string
}

const shapes_sql = `
  select c.relname::text as name,
         (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated =
           '') as columns,
         coalesce((select string_agg(quote_ident(a.attname)
             || case when a.attcollation <> 0 then ' collate "C"' else '' end, ', ' order by
             k.position)
            from pg_index i
            cross join unnest(i.indkey) with ordinality as k(attnum, position)
            join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
           where i.indrelid = c.oid and i.indisprimary), 't::text collate "C"') as order_by
    from pg_class c
   where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
     and c.relname not in ('migrations', 'migrations_lock')
   order by c.relname`

/** Every table of a schema but the migrator's own: which migrations ran is compared, not copied. */
export const readShapes = async (client: PoolClient, schema: string): Promise<TableShape[]> =>
  (await client.query<TableShape>(shapes_sql, [schema])).rows

export const readMigrationNames = async (client: PoolClient, schema: string): Promise<string[]> => {
  const table = `${client.escapeIdentifier(schema)}.migrations`
  const { rows } = await client.query<{ name: string }>(
    `select name from ${table} order by name collate "C"`
  )
  return rows.map(row => row.name)
}

/**
 * A copy takes as long as the data is large, and its reader may pause; its texts must not depend on
 * anybody's settings.
 */
export function beginCopy (client: PoolClient, mode: string): Promise<unknown> {
  letTakeItsTime(client)
  return client.query(`
    begin ${mode}; set local statement_timeout = 0;
    set local idle_in_transaction_session_timeout = 0;
    set local tcp_user_timeout = 0; set local lock_timeout = '10s'; set local timezone = 'UTC';
    set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres';
    set local bytea_output = 'hex'; set local extra_float_digits = 1`)
}

/**
 * The rows of a table in order, in PostgreSQL's COPY text format: that text reads back to the very
 * same value, whatever the type, and a row is one line.
 */
export function copyOut (client: PoolClient, schema: string, shape: TableShape): Readable {
  const columns = shape.columns.map(name => client.escapeIdentifier(name)).join(', ')
  const table = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(shape.name)}`
  return client.query(copyTo(
    `copy (select ${columns} from ${table} as t order by ${shape.order_by}) to stdout`))
}

const newline = 0x0a

function countLines (chunk: Uint8Array): number {
  let lines = 0
  for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) lines++
  return lines
}

export interface Digest {
  add: (chunk: Uint8Array) => void
  end: () => { rows: number, sha256: string }
}

/** Rows and SHA-256 of what `copyOut` gives. */
export function createDigest (): Digest {
  const hash = createHash('sha256')
  let rows = 0
  return {
    add (chunk) {
      hash.update(chunk)
      rows += countLines(chunk)
    },
    end: () => ({ rows, sha256: hash.digest('hex') }),
  }
}

/** What a table holds, in one number of rows and one digest. */
export async function digestTable (client: PoolClient, schema: string, shape: TableShape) {
  const digest = createDigest()
  for await (const chunk of copyOut(client, schema, shape)) digest.add(chunk as Buffer)
  return digest.end()
}
