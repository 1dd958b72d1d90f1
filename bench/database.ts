import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool } from '@fermata/platform/database'
import { findRunningPostgres } from '@fermata/platform/embedded-postgres/find-running'
import { startEmbeddedPostgres } from '@fermata/platform/embedded-postgres/supervisor'

export interface BenchDatabase {
  url: string
  settings: Record<string, string>
  stop (): Promise<void>
}

const shown = [
  'server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method',
  'shared_buffers', 'max_wal_size', 'wal_level',
]

/** A PostgreSQL with the product's own settings, in a temporary folder. */
export async function startDatabase (
  settings: Record<string, string> = {}
): Promise<BenchDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'fermata-bench-'))
  const server = await startEmbeddedPostgres({ folder, settings, no_sync_initdb: true })
  return {
    url: server.url, settings: await readSettings(server.url),
    async stop () {
      await server.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
      if (server.folder !== folder) {
        await rm(server.folder, { recursive: true, force: true, maxRetries: 5 })
      }
    },
  }
}

/** The database that the server of this data folder started for itself. */
export async function databaseOf (folder: string): Promise<Omit<BenchDatabase, 'stop'>> {
  const found = await findRunningPostgres(join(folder, 'postgres'))
  if (found.state !== 'running') throw new Error('The server runs no database of its own')
  return { url: found.url, settings: await readSettings(found.url) }
}

async function readSettings (url: string): Promise<Record<string, string>> {
  const pool = createPool({ url, max_connections: 1, application_name: 'bench' })
  try {
    const { rows } = await pool.query<{ name: string, value: string }>(
      'select name, current_setting(name) as value from pg_settings where name = any($1)', [shown])
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
  } finally {
    await pool.end()
  }
}
