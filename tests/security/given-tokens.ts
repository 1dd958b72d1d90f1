import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as auth from '@fermata/contracts/auth'
import * as backups from '@fermata/contracts/backups'
import type { AnyRoute } from '@fermata/contracts/define'
import * as events from '@fermata/contracts/events'
import { getMail, listMailbox } from '@fermata/contracts/notifications'
import * as orders from '@fermata/contracts/orders'
import * as payments from '@fermata/contracts/payments'
import type { Context } from '@fermata/platform/service'
import { uuidv7 } from '@fermata/platform/ids'
import { eventually, type TestSystem } from '@fermata/testkit/start'
import { Secret, TOTP } from 'otpauth'
import { openBackups } from './opened-backups.ts'

/**
 * Gives people every token that there is, and looks for them where data rest: as they were told, in
 * base64 and in hexadecimal.
 */

export interface Tokens {
  /** What people were given, by what it is. */
  given: ReadonlyMap<string, string>
  /** A person whose address is kept, so that a search can find something. */
  address: string
  /** Makes a backup and says where which of the tokens can be read. */
  find: () => Promise<string[]>
  /** All that was searched, by its place. */
  places: () => Promise<Record<string, string>>
}

/** @param folders whose files are searched, backups and logs among them */
export async function giveTokens (it: TestSystem, folders: string[]): Promise<Tokens> {
  const giver: Giver = { it, given: new Map(), ann: `ann.${uuidv7()}@example.com`,
    guest: `gil.${uuidv7()}@example.com` }
  await signUp(giver)
  await buy(giver)
  await readMails(giver)
  await it.eventually(() => areEventsSent(it), 'all events to be handled')
  const { BACKUP_DIR, BACKUP_KEY } = it.context<
    Context<{ BACKUP_DIR: string, BACKUP_KEY: string }>
  >('backups').settings
  const places = async () => Object.assign(await tables(it),
    ...await Promise.all(folders.map(files)), await openBackups(BACKUP_DIR, BACKUP_KEY))
  return {
    given: giver.given, address: giver.ann, places,
    async find () {
      await backUp(it)
      return findIn(await places(), giver.given)
    },
  }
}

function findIn (places: Record<string, string>, given: ReadonlyMap<string, string>): string[] {
  const needles = [...given].map(([what, token]) => [what, [...new Set(formsOf(token))]] as const)
  return Object.entries(places).flatMap(([place, text]) => needles.flatMap(([what, forms]) =>
    forms.some(form => text.includes(form)) ? [`${what} in ${place}`] : []))
}

interface Giver { it: TestSystem, given: Map<string, string>, ann: string, guest: string }

function keep ({ given }: Giver, what: string, token: string | undefined): void {
  if (!token) throw new Error(`There is no ${what}`)
  given.set(what, token)
}

const password = 'correct horse battery'
const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()

async function must<R extends AnyRoute> (giver: Giver, contract: R, input: object) {
  const answer = await giver.it.send(contract, input)
  if (answer.status >= 300) throw new Error(`${contract.path}: ${JSON.stringify(answer.problem)}`)
  for (const cookie of [answer.headers['set-cookie'] ?? []].flat() as string[]) {
    const [name, value] = cookie.split(';')[0]!.split('=') as [string, string]
    if (value) keep(giver, `cookie ${name} of ${contract.path}`, decodeURIComponent(value))
  }
  return answer.body
}

/** Somebody with an account: logins, both links, an app for codes, recovery codes, challenges. */
async function signUp (giver: Giver): Promise<void> {
  const { it, ann } = giver
  const session = await must(giver, auth.register,
    { body: { email: ann, password, username: 'Ann', locale: 'en' } })
  keep(giver, 'access token', session.access_token)
  keep(giver, 'refresh token', session.refresh_token)
  const renewed = await must(giver, auth.refresh,
    { body: { refresh_token: session.refresh_token } })
  keep(giver, 'next refresh token', renewed.refresh_token)
  await must(giver, auth.forgotPassword, { body: { email: ann } })
  const { access_token: token } = renewed
  await must(giver, auth.confirm, { token, body: { password } })
  const app = await must(giver, auth.enableTotp, { token })
  keep(giver, 'secret of an app', app.secret)
  const code = new TOTP({ secret: Secret.fromBase32(app.secret) }).generate()
  const { recovery_codes } = await must(giver, auth.confirmTotp, { token, body: { code } })
  recovery_codes.forEach((one: string, index: number) => keep(giver, `recovery code ${index}`, one))
  const { problem } = await it.send(auth.login, { body: { email: ann, password } })
  keep(giver, 'challenge', (problem as unknown as { challenge: string }).challenge)
}

/** What is sold: by the waiting room's token and pass, and by a retried order. */
async function buy (giver: Giver): Promise<void> {
  const { it, ann, guest } = giver
  const owner = await it.personToken({ user_id: uuidv7(), roles: ['event_creator'] })
  const organizer = await must(giver, events.createOrganizer, { token: owner, body: { name: 'A hall' } })
  const event = await must(giver, events.createEvent, { token: owner, body: {
    organizer_id: organizer.id, title: 'An evening', description: 'One evening.',
    category: 'music', starts_at: inHours(90), ends_at: inHours(92), timezone: 'Europe/Paris',
    venue: { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' } } })
  const type = await must(giver, orders.createTicketType, { token: owner, body: {
    event_id: event.id, name: 'Seat', price_minor: 1000, currency: 'EUR', capacity: 50 } })
  await must(giver, events.addMember, { token: owner, params: { id: organizer.id },
    body: { email: `invited.${ann}` } })
  await must(giver, events.publishEvent, { token: owner, params: { id: event.id } })
  const order = await it.eventually(async () => {
    const answer = await it.send(orders.placeOrder, { key: 'the-same-key', body: {
      event_id: event.id, items: [{ ticket_type_id: type.id, quantity: 1 }],
      buyer: { name: 'Gil', email: guest, locale: 'en' as const } } })
    return answer.status === 201 && answer.body
  }, 'the order')
  keep(giver, 'order token', order.access_token)
  await must(giver, payments.startPayment, { token: order.access_token, key: 'pay-key-1', body: {
    order_id: order.id, provider: 'simulated', method: { test_card: 'success' } } })
  await must(giver, orders.setQueue, { token: owner, params: { event_id: event.id },
    body: { enabled: true, opens_at: inHours(-1) } })
  const joined = await it.eventually(async () => {
    const answer = await it.send(orders.joinQueue,
      { params: { event_id: event.id }, body: { visitor: 'a'.repeat(20) } })
    return answer.status === 200 && answer.body
  }, 'a place')
  keep(giver, 'place in the waiting room', joined.token)
}

/** The tokens of all links in all mails, once those of both people have come. */
async function readMails (giver: Giver): Promise<void> {
  const { it, ann, guest } = giver
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
  for (const [index, token] of [...new Set(tokens)].entries()) keep(giver, `mailed link ${index}`, token)
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
async function tables (it: TestSystem): Promise<Record<string, string>> {
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
    found[file] = bytes.toString('latin1')
  }
  return found
}

async function backUp (it: TestSystem): Promise<void> {
  const token = await it.personToken({ roles: ['admin'] })
  const { id } = (await it.send(backups.createBackup, { token, body: {} })).body
  await eventually(async () =>
    (await it.send(backups.getBackup, { token, params: { id } })).body.status === 'completed',
  'the backup', 60_000)
}

async function areEventsSent (it: TestSystem): Promise<boolean> {
  const { pool } = it.context('auth')
  for (const name of Object.keys(await tables(it)).filter(name => name.endsWith('.outbox'))) {
    const { rowCount } = await pool.query(`select from ${name} where sent_at is null`)
    if (rowCount !== 0) return false
  }
  return true
}
