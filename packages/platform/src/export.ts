import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { snapshotGone } from '@fermata/contracts/platform'
import type { PoolClient } from 'pg'
import { Type, type Static } from 'typebox'
import { createPool, isSqlState } from './database.ts'
import { Problem } from './problem.ts'
import { beginCopy, copyOut, createDigest, readMigrationNames, readShapes } from './table-copy.ts'

/**
 * The stream: lines of JSON, and after the line that begins a table its rows as PostgreSQL's COPY
 * writes them, in pieces. Before each piece a line says how many bytes it has; 0 ends the table.
 */
export const ExportHeader = Type.Object({
  format: Type.Literal('fermata-export'),
  version: Type.Literal(2),
  service: Type.String(),
  /** A copy fits only where the same migrations ran. */
  migrations: Type.Array(Type.String()),
  exported_at: Type.String(),
})
export type ExportHeader = Static<typeof ExportHeader>
export const TableStart = Type.Object({ table: Type.String(), columns: Type.Array(Type.String()) })
export const TableEnd = Type.Object({
  table: Type.String(), rows: Type.Integer(), sha256: Type.String(),
})
export const Sequences = Type.Object({ sequences: Type.Array(Type.Object({
  name: Type.String(), last_value: Type.String(), is_called: Type.Boolean() })) })
/**
 * The last line. Its digest is over all lines before it, those of pieces included; the rows have
 * digests of their own. So a stream that was cut or changed is recognised.
 */
export const ExportEnd = Type.Object({
  end: Type.Object({ tables: Type.Integer(), sha256: Type.String() }),
})

const sequences_sql = `
  select sequencename::text as name, coalesce(last_value, start_value)::text as last_value,
         last_value is not null as is_called
    from pg_sequences where schemaname = $1 order by sequencename`

async function * piecesOfExport (
  client: PoolClient, schema: string
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  const line = (text: string) => {
    const bytes = Buffer.from(`${text}\n`)
    hash.update(bytes)
    return bytes
  }
  const json = (value: unknown) => line(JSON.stringify(value))
  const header: ExportHeader = {
    format: 'fermata-export', version: 2, service: schema,
    migrations: await readMigrationNames(client, schema), exported_at: new Date().toISOString(),
  }
  yield json(header)
  const shapes = await readShapes(client, schema)
  for (const shape of shapes) {
    yield json({ table: shape.name, columns: shape.columns } satisfies Static<typeof TableStart>)
    const digest = createDigest()
    for await (const piece of copyOut(client, schema, shape)) {
      digest.add(piece as Buffer)
      yield line(String((piece as Buffer).length))
      yield piece as Buffer
    }
    yield line('0')
    yield json({ table: shape.name, ...digest.end() } satisfies Static<typeof TableEnd>)
  }
  const { rows } = await client.query<Static<typeof Sequences>['sequences'][number]>(sequences_sql,
    [schema])
  yield json({ sequences: rows })
  yield json({ end: { tables: shapes.length, sha256: hash.copy().digest('hex') } })
}

/** It never was, its holder has ended, its holder is ending, it is of another database. */
const isSnapshotGone = (error: unknown) =>
  ['22023', '42704', '55000', '0A000'].some(state => isSqlState(error, state))

export interface ExportOptions {
  /** Of the role that may read every table of the schema. */
  url: string
  schema: string
  /** Of this database, and still held; absent, the moment is now. */
  snapshot?: string
}

async function * chunksOfExport (
  { url, schema, snapshot }: ExportOptions
): AsyncGenerator<Buffer> {
  // Not one of the connections with which requests are served: it is kept for as long as it takes.
  const pool = createPool({ url, max_connections: 1, application_name: `fermata-copy-${schema}` })
  try {
    const client = await pool.connect()
    let finished = false
    try {
      await beginCopy(client, 'isolation level repeatable read read only')
      if (snapshot !== undefined) {
        await client.query(`set transaction snapshot ${client.escapeLiteral(snapshot)}`)
          .catch((error: unknown) => {
            throw isSnapshotGone(error) ? new Problem(snapshotGone) : error
          })
      }
      yield * piecesOfExport(client, schema)
      finished = true
    } finally {
      // A reader who left in the middle leaves a connection in the middle of a COPY.
      client.release(!finished)
    }
  } finally {
    await pool.end()
  }
}

/**
 * Every table of a service from one snapshot, as a stream that holds a few pieces in memory at a
 * time. Its first line is there as soon as the snapshot is taken.
 */
export const exportTables = (options: ExportOptions): Readable =>
  Readable.from(chunksOfExport(options), { objectMode: false })
