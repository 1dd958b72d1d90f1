import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startEmbeddedPostgres } from '@fermata/platform/embedded-postgres/supervisor'
import { findDatabases } from '@fermata/server/find-databases'
import { createDataFolder } from '@fermata/testkit/server-process'
import pg from 'pg'
import { expect, test } from 'vitest'

/** Where the commands look for the data of an installation. */

async function run (url: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
}

const of = (url: string) => new URL(url).pathname.slice(1)

test('findDatabases: of a folder used apart and then by one process it asks which, and heeds single addresses', async () => {
  const { folder, remove } = await createDataFolder()
  const server = await startEmbeddedPostgres({ folder: join(folder, 'postgres') })
  try {
    const find = (...words: [('one' | 'split')?, boolean?]) => findDatabases(
      { DATABASE_URL_AUTH_SERVICE: 'postgres://elsewhere/auth' }, folder, ...words)
    // As `npm run start:split` makes them.
    const apart = await find('split', true)
    expect(of(apart.urls.get('orders')!)).toBe('fermata_orders')
    expect([(await find()).urls.get('orders'), apart.was_running])
      .toEqual([apart.urls.get('orders'), true])
    await run(server.url, 'create schema orders', 'create table orders.orders (id uuid)')

    await expect(find()).rejects.toThrow('holds the data of both')

    expect(of((await find('split')).urls.get('orders')!)).toBe('fermata_orders')
    const { urls } = await find('one')
    expect(of(urls.get('orders')!)).toBe('fermata')
    expect(urls.get('auth')).toBe('postgres://elsewhere/auth')
  } finally {
    await server.stop()
    await remove()
  }
}, 120_000)

test('npm run restore: nothing is made for a copy that is not there, nor by a backup of nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fermata-nothing-'))
  const command = (name: string, ...words: string[]) => promisify(execFile)(process.execPath,
    [fileURLToPath(new URL(`../../apps/server/${name}.ts`, import.meta.url)), ...words],
    { env: { PATH: process.env.PATH, FERMATA_DATA: join(folder, 'data'), BACKUP_KEY: 'k'.repeat(32) } },
  ).catch((error: unknown) => error as { stderr: string })
  try {
    await mkdir(join(folder, 'copies'))
    const { stderr } = await command('restore', '--from', join(folder, 'copies'), '--split', '--yes')
    expect(stderr).toContain('There is no backup in')
    const backup = await command('backup', '--to', join(folder, 'copies'))
    expect(backup.stderr).toContain('Nothing is installed in')
    expect(existsSync(join(folder, 'data'))).toBe(false)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 60_000)
