import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { createDataFolder, startServerProcess } from '@fermata/testkit/server-process'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'

/**
 * The file of secrets is lost, damaged or another's, beside a database that was made with it: no
 * start makes new ones by itself, and what mends it is said.
 */

const root = fileURLToPath(new URL('../..', import.meta.url))

let data: Awaited<ReturnType<typeof createDataFolder>>
let file: string
let copy: string
let right: string

const start = () => startServerProcess(data.folder, { FERMATA_DEMO: 'false' })
const refusal = () => start().then(async server => {
  await server.stop()
  return 'it started'
}, (error: Error) => error.message)

/** What a command of the administrator says, also when it refuses. */
async function admin (...words: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, FERMATA_DATA: data.folder }
  const ran = await promisify(execFile)(
    process.execPath, ['apps/server/admin.ts', 'secrets', ...words], { cwd: root, env })
    .catch((error: unknown) => error as { stdout: string, stderr: string })
  return ran.stdout + ran.stderr
}

beforeAll(async () => {
  data = await createDataFolder()
  file = join(data.folder, 'secrets.json')
  copy = join(data.folder, 'postgres', 'kept-copy.json')
  await (await start()).stop()
  right = readFileSync(file, 'utf8')
}, 300_000)
beforeEach(() => { writeFileSync(file, right, { mode: 0o600 }) })
afterEach(() => rmSync(copy, { force: true }))
afterAll(() => data.remove())

test('R16: secrets that are missing beside their database are not made anew, and a copy brings them back', async () => {
  expect(await admin('export', copy)).toContain('Keep it apart from the backups')
  expect(statSync(copy).mode & 0o777).toBe(0o600)
  const fingerprint = /TICKET_SIGNATURE\s+(\S+)\s+\1/.exec(await admin('fingerprint'))?.[1]
  rmSync(file)

  const said = await refusal()

  expect(said).toContain('secrets.json is missing')
  expect(said).toContain(`TICKET_SIGNATURE with the fingerprint ${fingerprint}`)
  expect(said).toContain('npm run admin -- secrets renew')
  expect(existsSync(file)).toBe(false)
  expect(await admin('import', copy)).toContain('The secrets are back')
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(right))
  expect(await refusal()).toBe('it started')
}, 300_000)

test.each([
  ['an empty file', '', 'is empty'],
  ['half a file', '{ "JWT_EXTERNAL_SIGNATURE": "abc', 'is damaged'],
  ['those of another installation', JSON.stringify({
    JWT_EXTERNAL_SIGNATURE: 'x'.repeat(43), JWT_INTERNAL_SIGNATURE: 'y'.repeat(43),
    TICKET_SIGNATURE: 'z'.repeat(43), SECOND_FACTOR_SECRET: 'w'.repeat(43) }), 'is not the right one'],
])('R16: %s in the place of the secrets stops the start with a sentence', async (_name, text, wrong) => {
  writeFileSync(file, text)

  expect(await refusal()).toContain(wrong)

  expect(readFileSync(file, 'utf8')).toBe(text)
  expect(await admin('export', copy)).toContain('helps nobody')
}, 300_000)

test('R16: lost secrets are made anew by a command that says first what ends', async () => {
  rmSync(file)

  const warning = await admin('renew')
  expect(warning).toContain('everybody has to sign in again')
  expect(warning).toContain('Nothing was changed')
  expect(existsSync(file)).toBe(false)

  expect(await admin('renew', '--yes')).toContain('Keep a copy')
  expect(await refusal()).toBe('it started')
  expect(await admin('renew', '--yes')).toContain('No secret is lost')
}, 300_000)
