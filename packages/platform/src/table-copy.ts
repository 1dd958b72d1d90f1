import { createHash } from 'node:crypto'
import type { PoolClient } from 'pg'
import { to as copyTo } from 'pg-copy-streams'

/**
 * What a copy of a service's tables needs to know of them; names come quoted where SQL is made of
 * them.
 */
export interface TableShape {
  name: string
  /** Those that hold data; generated ones are computed again. */
  columns: string[]
  /** The same order on every server: by primary key, texts bytewise. */
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
export const beginCopy = (client: PoolClient, mode: string) => client.query(`
  begin ${mode}; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;
  set local tcp_user_timeout = 0; set local lock_timeout = '10s'; set local timezone = 'UTC';
  set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres';
  set local bytea_output = 'hex'; set local extra_float_digits = 1`)

const newline = 0x0a
/** Longer than any row of ours; whoever sends more sends no copy. */
export const max_line_bytes = 64 * 1024 * 1024

/** The lines of a byte stream, without their ends. A last line that was cut off is a line too. */
export async function * linesOf (bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = []
  let rest_bytes = 0
  for await (const part of bytes) {
    const chunk = Buffer.from(part.buffer, part.byteOffset, part.byteLength)
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const line = chunk.subarray(start, end)
      yield rest.length === 0 ? line : Buffer.concat([...rest, line])
      rest = []
      rest_bytes = 0
      start = end + 1
    }
    if (start === chunk.length) continue
    rest.push(chunk.subarray(start))
    rest_bytes += chunk.length - start
    if (rest_bytes > max_line_bytes) throw new Error('A line of the copy is too long')
  }
  if (rest.length > 0) yield Buffer.concat(rest)
}

/**
 * The rows of a table in order, each as one line of PostgreSQL's COPY text format: that text reads
 * back to the very same value, whatever the type, and holds no line break.
 */
export function copyOut (
  client: PoolClient, schema: string, shape: TableShape
): AsyncGenerator<Buffer> {
  const columns = shape.columns.map(name => client.escapeIdentifier(name)).join(', ')
  const table = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(shape.name)}`
  return linesOf(client.query(copyTo(
    `copy (select ${columns} from ${table} as t order by ${shape.order_by}) to stdout`)))
}

export interface Digest {
  add: (line: Uint8Array) => void
  end: () => { rows: number, sha256: string }
}

/** SHA-256 over rows as `copyOut` gives them, each with its line end. */
export function createDigest (): Digest {
  const hash = createHash('sha256')
  let rows = 0
  return {
    add (line) {
      hash.update(line).update('\n')
      rows++
    },
    end: () => ({ rows, sha256: hash.digest('hex') }),
  }
}

/** What a table holds, in one number of rows and one digest. */
export async function digestTable (client: PoolClient, schema: string, shape: TableShape) {
  const digest = createDigest()
  for await (const line of copyOut(client, schema, shape)) digest.add(line)
  return digest.end()
}
