import { randomBytes } from 'node:crypto'
import pg from 'pg'

export interface TestDatabase { url: string, drop: () => Promise<void> }

const serverUrl = () => process.env.FERMATA_TEST_DATABASE_URL ?? 'postgres://postgres@localhost/postgres?host=/tmp/pgdev'

async function ask (text: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl() })
  await client.connect()
  try { await client.query(text) } finally { await client.end() }
}

export async function createTestDatabase (): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  await ask(`create database ${name}`)
  const url = new URL(serverUrl())
  url.pathname = `/${name}`
  return { url: url.href, drop: () => ask(`drop database if exists ${name} with (force)`) }
}
