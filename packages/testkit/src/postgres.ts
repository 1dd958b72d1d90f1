import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findServer, isAlive, stopServer } from '@fermata/platform/embedded-postgres/postmaster'
import { startEmbeddedPostgres } from '@fermata/platform/embedded-postgres/supervisor'
import { Client } from 'pg'

export interface TestServer { url: string, stop: () => Promise<void> }

export interface TestDatabase { url: string, drop: () => Promise<void> }

const prefix = 'fermata-test-postgres-'

/** Test data need not survive a power cut; everything else is as in production. */
const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/**
 * One PostgreSQL for a whole test run, in a folder of its own, so that runs beside each other do
 * not meet.
 */
export async function testServer (): Promise<TestServer> {
  await sweep()
  const folder = join(tmpdir(), `${prefix}${process.pid}`)
  const server = await startEmbeddedPostgres({
    folder, database: 'postgres', settings, no_sync_initdb: true,
  })
  const stop = async () => {
    await server.stop()
    await remove(folder, server.folder)
  }
  return { url: server.url, stop }
}

/**
 * Removes what test runs left that were killed: their server runs on without anybody to stop it.
 */
async function sweep (): Promise<void> {
  const left = (await readdir(tmpdir())).filter(name => name.startsWith(prefix))
  for (const name of left) {
    if (isAlive(Number(name.slice(prefix.length)))) continue
    const folder = join(tmpdir(), name)
    const server = await findServer(join(folder, 'data'))
    if (server) await stopServer(server.pid, join(folder, 'data'))
    // What another account left is that account's to remove.
    await remove(folder).catch(() => {})
  }
}

const remove = async (...folders: string[]) => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

const serverUrl = () => {
  const url = process.env.FERMATA_TEST_DATABASE_URL
  if (url) return url
  throw new Error('There is no test server: run tests with the repository\'s vitest.config.ts, whose globalSetup starts one, '
    + 'or set FERMATA_TEST_DATABASE_URL to a server where databases may be created.')
}

async function ask (text: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl() })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}

/**
 * A database of its own for a test file, empty or a copy of `template`, which nobody may be
 * connected to meanwhile. Copying files beats writing the copy through the log: about 60 ms for 25
 * MB.
 */
export async function createTestDatabase (template = 'template1'): Promise<TestDatabase> {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(template)) throw new Error(
    `"${template}" cannot be the name of a template.`
  )
  const name = `test_${randomBytes(6).toString('hex')}`
  await whenFree(() => ask(`create database ${name} template ${template} strategy file_copy`))
  const url = new URL(serverUrl())
  url.pathname = `/${name}`
  return { url: url.href, drop: () => ask(`drop database if exists ${name} with (force)`) }
}

/**
 * A connection that was just closed may still be counted for a moment; PostgreSQL then says
 * `object_in_use`.
 */
async function whenFree (create: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await create()
      return
    } catch (error) {
      if ((error as { code?: string }).code !== '55006' || attempt === 50) throw error
      await sleep(100)
    }
  }
}
