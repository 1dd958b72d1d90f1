import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { PoolClient } from 'pg'
import type pg from 'pg'
import { Type, type Static } from 'typebox'
import { beginCopy, copyOut, createDigest, readMigrationNames, readShapes } from './table-copy.ts'

/**
 * Lines of the stream, one JSON value each; a row is a JSON text that holds its line of COPY's text
 * format.
 */
export const ExportHeader = Type.Object({
  format: Type.Literal('fermata-export'),
  version: Type.Literal(1),
  service: Type.String(),
  /** A copy fits only where the same migrations ran. */
  migrations: Type.Array(Type.String()),
  exported_at: Type.String(),
})
export const TableStart = Type.Object({ table: Type.String(), columns: Type.Array(Type.String()) })
export const TableEnd = Type.Object({
  table: Type.String(), rows: Type.Integer(), sha256: Type.String(),
})
export const Sequences = Type.Object({ sequences: Type.Array(Type.Object({
  name: Type.String(), last_value: Type.String(), is_called: Type.Boolean() })) })
/**
 * The last line. Its digest is over all bytes before it: a stream that was cut or changed is
 * recognised.
 */
export const ExportEnd = Type.Object({
  end: Type.Object({ tables: Type.Integer(), sha256: Type.String() }),
})

const chunk_bytes = 64 * 1024

const sequences_sql = `
  select sequencename::text as name, coalesce(last_value, start_value)::text as last_value,
         last_value is not null as is_called
    from pg_sequences where schemaname = $1 order by sequencename`

async function * linesOfExport (client: PoolClient, schema: string): AsyncGenerator<unknown> {
  const header: Static<typeof ExportHeader> = {
    format: 'fermata-export', version: 1, service: schema,
    migrations: await readMigrationNames(client, schema), exported_at: new Date().toISOString(),
  }
  yield header
  for (const shape of await readShapes(client, schema)) {
    const start: Static<typeof TableStart> = { table: shape.name, columns: shape.columns }
    yield start
    const digest = createDigest()
    for await (const line of copyOut(client, schema, shape)) {
      digest.add(line)
      yield line.toString()
    }
    const end: Static<typeof TableEnd> = { table: shape.name, ...digest.end() }
    yield end
  }
  const { rows } = await client.query<Static<typeof Sequences>['sequences'][number]>(sequences_sql,
    [schema])
  yield { sequences: rows }
}

async function * chunksOfExport (pool: pg.Pool, schema: string): AsyncGenerator<Buffer> {
  const client = await pool.connect()
  let finished = false
  try {
    await beginCopy(client, 'isolation level repeatable read read only')
    const hash = createHash('sha256')
    let tables = 0
    let waiting = ''
    for await (const line of linesOfExport(client, schema)) {
      if (typeof line === 'object' && line !== null && 'columns' in line) tables++
      waiting += `${JSON.stringify(line)}\n`
      if (waiting.length < chunk_bytes) continue
      const chunk = Buffer.from(waiting)
      hash.update(chunk)
      waiting = ''
      yield chunk
    }
    const last = Buffer.from(waiting)
    const end: Static<typeof ExportEnd> = {
      end: { tables, sha256: hash.update(last).digest('hex') }
    }
    await client.query('commit')
    finished = true
    yield Buffer.concat([last, Buffer.from(`${JSON.stringify(end)}\n`)])
  } finally {
    // A reader who left in the middle leaves a connection in the middle of a COPY; a new one is
    // cheaper than mending it.
    client.release(!finished)
  }
}

/**
 * Every table of a service from one snapshot, as a stream that holds a few chunks in memory at a
 * time.
 */
export const exportTables = (pool: pg.Pool, schema: string): Readable =>
  Readable.from(chunksOfExport(pool, schema), { objectMode: false })
