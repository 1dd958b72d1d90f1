import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import * as auth from '@fermata/contracts/auth'
import * as backups from '@fermata/contracts/backups'
import type { AnyRoute } from '@fermata/contracts/define'
import * as events from '@fermata/contracts/events'
import { getMail, listMailbox } from '@fermata/contracts/notifications'
import * as orders from '@fermata/contracts/orders'
import * as payments from '@fermata/contracts/payments'
import { uuidv7 } from '@fermata/platform/ids'
import { allServices } from '@fermata/server/services'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { figure } from './proof.ts'

/**
 * S36: a copy of the database, of its backups or of the logs opens nothing. Every token that people
 * were given is searched as it was told, in base64 and in hexadecimal. Codes of tickets are not
 * among them: the tickets service keeps them, so that doors can look a ticket up.
 */

let it: TestSystem
let folder: string
/** What a person was given, by what it is. */
const given = new Map<string, string>()
const keep = (what: string, token: string | undefined) => {
  if (!token) throw new Error(`There is no ${what}`)
  given.set(what, token)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fermata-at-rest-'))
  it = await startTestSystem(Object.values(allServices), {
    BACKUP_DIR: join(folder, 'backups'), FERMATA_LOG_DIR: join(folder, 'logs'),
    LOG_LEVEL: 'debug', LOG_STDOUT_LEVEL: 'fatal',
  })
}, 60_000)
afterAll(async () => {
  await it.stop()
  await rm(folder, { recursive: true, force: true })
})

const password = 'correct horse battery'
const ann = `ann.${uuidv7()}@example.com`
const guest = `gil.${uuidv7()}@example.com`
const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()

async function must<R extends AnyRoute> (contract: R, input: object) {
  const answer = await it.send(contract, input)
  if (answer.status >= 300) throw new Error(`${contract.path}: ${JSON.stringify(answer.problem)}`)
  for (const cookie of [answer.headers['set-cookie'] ?? []].flat() as string[]) {
    const [name, value] = cookie.split(';')[0]!.split('=') as [string, string]
    if (value) keep(`cookie ${name} of ${contract.path}`, decodeURIComponent(value))
  }
  return answer.body
}

/** Somebody with an account: logins, both links, an app for codes, recovery codes, challenges. */
async function signUp (): Promise<string> {
  const session = await must(auth.register,
    { body: { email: ann, password, username: 'Ann', locale: 'en' } })
  keep('access token', session.access_token)
  keep('refresh token', session.refresh_token)
  const renewed = await must(auth.refresh, { body: { refresh_token: session.refresh_token } })
  keep('next refresh token', renewed.refresh_token)
  await must(auth.forgotPassword, { body: { email: ann } })
  const { access_token: token } = renewed
  await must(auth.confirm, { token, body: { password } })
  const app = await must(auth.enableTotp, { token })
  keep('secret of an app', app.secret)
  const code = new TOTP({ secret: Secret.fromBase32(app.secret) }).generate()
  const { recovery_codes } = await must(auth.confirmTotp, { token, body: { code } })
  recovery_codes.forEach((one: string, index: number) => keep(`recovery code ${index}`, one))
  const { problem } = await it.send(auth.login, { body: { email: ann, password } })
  keep('challenge', (problem as unknown as { challenge: string }).challenge)
  return token
}

/** What is sold: by the waiting room's token and pass, and by a retried order. */
async function buy (): Promise<void> {
  const owner = await it.personToken({ user_id: uuidv7(), roles: ['event_creator'] })
  const organizer = await must(events.createOrganizer, { token: owner, body: { name: 'A hall' } })
  const event = await must(events.createEvent, { token: owner, body: {
    organizer_id: organizer.id, title: 'An evening', description: 'One evening.',
    category: 'music', starts_at: inHours(90), ends_at: inHours(92), timezone: 'Europe/Paris',
    venue: { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' } } })
  const type = await must(orders.createTicketType, { token: owner, body: { event_id: event.id,
    name: 'Seat', price_minor: 1000, currency: 'EUR', capacity: 50 } })
  await must(events.addMember, { token: owner, params: { id: organizer.id },
    body: { email: `invited.${ann}` } })
  await must(events.publishEvent, { token: owner, params: { id: event.id } })
  const order = await it.eventually(async () => {
    const answer = await it.send(orders.placeOrder, { key: 'the-same-key', body: {
      event_id: event.id, items: [{ ticket_type_id: type.id, quantity: 1 }],
      buyer: { name: 'Gil', email: guest, locale: 'en' as const } } })
    return answer.status === 201 && answer.body
  }, 'the order')
  keep('order token', order.access_token)
  await must(payments.startPayment, { token: order.access_token, key: 'pay-key-1', body: {
    order_id: order.id, provider: 'simulated', method: { test_card: 'success' } } })
  await must(orders.setQueue, { token: owner, params: { event_id: event.id },
    body: { enabled: true, opens_at: inHours(-1) } })
  const joined = await it.eventually(async () => {
    const answer = await it.send(orders.joinQueue,
      { params: { event_id: event.id }, body: { visitor: 'a'.repeat(20) } })
    return answer.status === 200 && answer.body
  }, 'a place')
  keep('place in the waiting room', joined.token)
}

/** The tokens of all links in all mails, once those of both people have come. */
async function readMails (): Promise<void> {
  const mailsTo = async (to: string) => {
    const { body: { items } } = await it.send(listMailbox, { query: { to, limit: 100 } })
    return Promise.all(items.map(async ({ id }) =>
      (await it.send(getMail, { params: { id } })).body))
  }
  const tokensIn = (mails: { text: string, html: string }[]) => mails.flatMap(({ text, html }) =>
    [...`${text} ${html}`.matchAll(/[?&](?:amp;)?token=([\w.~-]+)/g)].map(match => match[1]!))
  const tokens = await it.eventually(async () => {
    const found = [tokensIn(await mailsTo(ann)), tokensIn(await mailsTo(guest))]
    return new Set(found[0]).size >= 2 && found[1]!.length >= 1 && found.flat()
  }, 'mails with links')
  for (const [index, token] of [...new Set(tokens)].entries()) keep(`mailed link ${index}`, token)
}

/** All the ways in which it might lie somewhere. */
function formsOf (token: string): string[] {
  const forms = (bytes: Buffer) =>
    [bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url')]
  const parts = token.startsWith('ey') ? [token.split('.').at(-1)!] : [token]
  const decoded = parts.flatMap(part => {
    const plain = part.replace(/^f[oq]_/, '')
    const bytes = Buffer.from(plain, 'base64url')
    return bytes.length >= 15 ? [bytes.toString('hex')] : []
  })
  const base32 = /^[A-Z2-7]{26,}$/.test(token) ? [Buffer.from(Secret.fromBase32(token).bytes)] : []
  return [...parts, ...parts.flatMap(part => forms(Buffer.from(part))), ...decoded,
    ...base32.flatMap(forms), token.replaceAll('-', '').length >= 16 && /^[\w-]+$/.test(token)
      ? token.replaceAll('-', '') : token]
}

/** Every row of every table as text; bytes are hexadecimal there. */
async function tables (): Promise<Record<string, string>> {
  const { pool } = it.context('auth')
  const { rows } = await pool.query<{ name: string }>(`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`)
  const found: Record<string, string> = {}
  for (const { name } of rows) {
    const text = await pool.query<{ text: string | null }>(
      `select string_agg(t::text, E'\\n') as text from ${name} as t`)
    found[name] = text.rows[0]!.text ?? ''
  }
  return found
}

async function files (path: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const bytes = await readFile(file)
    found[file.slice(folder.length)] = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  }
  return found
}

async function backUp (): Promise<void> {
  const token = await it.personToken({ roles: ['admin'] })
  const { id } = await must(backups.createBackup, { token, body: {} })
  await it.eventually(async () =>
    (await it.send(backups.getBackup, { token, params: { id } })).body.status === 'completed',
  'the backup')
}

async function areEventsSent (): Promise<boolean> {
  const { pool } = it.context('auth')
  for (const name of Object.keys(await tables()).filter(name => name.endsWith('.outbox'))) {
    const { rowCount } = await pool.query(`select from ${name} where sent_at is null`)
    if (rowCount !== 0) return false
  }
  return true
}

/** Where which of the tokens can be read. */
async function findTokens (): Promise<string[]> {
  await backUp()
  const places = { ...await tables(), ...await files(folder) }
  const needles = [...given].map(([what, token]) => [what, [...new Set(formsOf(token))]] as const)
  return Object.entries(places).flatMap(([place, text]) => needles.flatMap(([what, forms]) =>
    forms.some(form => text.includes(form)) ? [`${what} in ${place}`] : []))
}

test('S36: no token that a person was given can be read in tables, backups or logs', async () => {
  await signUp()
  await buy()
  await readMails()
  await it.eventually(areEventsSent, 'all events to be handled')
  expect(await findTokens()).toEqual([])

  const places = { ...await tables(), ...await files(folder) }
  expect(Object.keys(places).some(place => place.endsWith('.ndjson.gz'))).toBe(true)
  expect(places['auth.accounts']).toContain(ann)
  figure('S36', `${given.size} tokens of logins, links, orders, second factors and the waiting room, ` +
    `searched raw, in base64 and hexadecimal in ${Object.keys(places).length} tables, backup files ` +
    'and logs: 0 found.')
}, 90_000)

test('S36: a table that keeps one is found, and so is the backup that copies it', async () => {
  const { pool } = it.context('auth')
  await pool.query('create table auth.notes (id uuid primary key, note text, bytes bytea)')
  await pool.query('insert into auth.notes values ($1, $2, null), ($3, null, $4)',
    [uuidv7(), given.get('refresh token'), uuidv7(), Buffer.from(given.get('mailed link 0')!)])
  const found = await findTokens()
  await pool.query('drop table auth.notes')
  expect(found).toContain('refresh token in auth.notes')
  expect(found).toContain('mailed link 0 in auth.notes')
  expect(found.filter(place => place.endsWith('auth.ndjson.gz')).length).toBeGreaterThan(0)
}, 60_000)
