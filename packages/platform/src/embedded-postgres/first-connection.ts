import { Client } from 'pg'
import { trouble } from './explain.ts'
import type { Endpoint } from './server-settings.ts'

/**
 * Address of a database of this server. Host, port and TLS are spelled out, or PG* variables would
 * fill them in.
 */
export function serverUrl (endpoint: Endpoint, database: string, password: string): string {
  if (endpoint.transport === 'tcp') {
    return `postgres://fermata:${encodeURIComponent(password)}@127.0.0.1:${endpoint.port}/${database}?sslmode=disable`
  }
  const host = encodeURIComponent(endpoint.sockets)
  return `postgres://fermata@localhost:${endpoint.port}/${database}?host=${host}&sslmode=disable`
}

/** Connects, creating the database when it is absent, and answers its address. */
export async function ensureDatabase (
  urlOf: (database: string) => string, database: string,
): Promise<string> {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(database)) {
    throw trouble(`"${database}" cannot name a database: use lower-case letters, digits and "_", 63 at most.`)
  }
  const url = urlOf(database)
  try {
    await query(url, 'select 1')
  } catch (error) {
    if ((error as { code?: string }).code !== '3D000') throw error
    await query(urlOf('postgres'), `create database ${database}`)
  }
  return url
}

/** Whether a server answers there and works on this data folder. */
export async function isServerOf (url: string, data: string): Promise<boolean> {
  const [row] = await query(url, "select current_setting('data_directory') as data", 2_000).catch(() => [])
  return row?.data === data
}

async function query (
  url: string, sql: string, timeout_ms = 10_000,
): Promise<Record<string, unknown>[]> {
  const client = new Client({
    connectionString: url, connectionTimeoutMillis: timeout_ms, query_timeout: 60_000,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query(sql)).rows
  } finally {
    await client.end().catch(() => {})
  }
}
