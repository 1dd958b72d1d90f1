import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { uuidv7 } from '@fermata/platform/ids'
import { allServices } from '@fermata/server/services'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { giveTokens, type Tokens } from './given-tokens.ts'
import { figure } from '../proofs/proof.ts'

/**
 * S36: a copy of the database, of its backups or of the logs opens nothing. Codes of tickets are
 * not among what is searched: the tickets service keeps them. The store of a message server has
 * the same test in tests/jetstream.
 */

let it: TestSystem
let folder: string
let tokens: Tokens

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fermata-at-rest-'))
  it = await startTestSystem(Object.values(allServices), {
    BACKUP_DIR: join(folder, 'backups'), FERMATA_LOG_DIR: join(folder, 'logs'),
    LOG_LEVEL: 'debug', LOG_STDOUT_LEVEL: 'fatal',
  })
  tokens = await giveTokens(it, [folder])
}, 120_000)
afterAll(async () => {
  await it.stop()
  await rm(folder, { recursive: true, force: true })
})

test('S36: no token that a person was given can be read in tables, backups or logs', async () => {
  expect(await tokens.find()).toEqual([])
  const places = await tokens.places()
  expect(Object.keys(places).some(place => place.startsWith('backup '))).toBe(true)
  expect(Object.keys(places).some(place => place.endsWith('.log'))).toBe(true)
  expect(places['auth.accounts']).toContain(tokens.address)
  figure('S36', `${tokens.given.size} tokens of logins, links, orders, second factors and the ` +
    `waiting room, searched raw, in base64 and hexadecimal in ${Object.keys(places).length} ` +
    'tables, backup files and logs: 0 found.')
}, 60_000)

test('S36: a table that keeps one is found, and so is the backup that copies it', async () => {
  const { pool } = it.context('auth')
  const { given } = tokens
  await pool.query('create table auth.notes (id uuid primary key, note text, bytes bytea)')
  await pool.query('insert into auth.notes values ($1, $2, null), ($3, null, $4)',
    [uuidv7(), given.get('refresh token'), uuidv7(), Buffer.from(given.get('mailed link 0')!)])
  const found = await tokens.find()
  await pool.query('drop table auth.notes')
  expect(found).toContain('refresh token in auth.notes')
  expect(found).toContain('mailed link 0 in auth.notes')
  expect(found.filter(place => / in backup .*\/auth$/.test(place)).length).toBeGreaterThan(0)
}, 60_000)
