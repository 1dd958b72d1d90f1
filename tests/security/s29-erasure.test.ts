import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as auth from '@fermata/contracts/auth'
import * as events from '@fermata/contracts/events'
import * as notifications from '@fermata/contracts/notifications'
import * as orders from '@fermata/contracts/orders'
import * as payments from '@fermata/contracts/payments'
import { exportRoute } from '@fermata/contracts/platform'
import { serviceNames } from '@fermata/contracts/services'
import * as tickets from '@fermata/contracts/tickets'
import * as users from '@fermata/contracts/users'
import { allServices } from '@fermata/server/services'
import { verifyRunning } from '@fermata/server/verify/verify'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { figure } from '../proofs/proof.ts'

/**
 * A person with a canary in every personal field: what is kept about them is exported, and after
 * their erasure it is nowhere, comes from nowhere, and leads to no mail.
 */

let it: TestSystem
let logs: string
let organizer: string
let admin: string
let event: events.Event
let type: orders.TicketType
let agent_number = 0

const keepers = serviceNames.filter(name => name !== 'gateway')
const pool = () => it.context('orders').pool

beforeAll(async () => {
  logs = mkdtempSync(join(tmpdir(), 'fermata-erasure-'))
  it = await startTestSystem(Object.values(allServices),
    { FERMATA_LOG_DIR: logs, LOG_LEVEL: 'info', LOG_STDOUT_LEVEL: 'fatal' })
  organizer = await it.personToken({ roles: ['event_creator'] })
  admin = await it.personToken({ roles: ['admin'] })
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
  event = (await it.send(events.createEvent, { token: organizer, body: {
    title: 'Concert', description: 'Music.', category: 'music', timezone: 'Europe/Paris',
    currency: 'EUR', starts_at: inDays(10), ends_at: inDays(10.1),
    venue: { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' } } })).body
  type = (await it.send(orders.createTicketType, { token: organizer, body: {
    event_id: event.id, name: 'Seat', price_minor: 1500, currency: 'EUR', capacity: 100,
    max_per_buyer: 10 } })).body
  await it.send(events.publishEvent, { token: organizer, params: { id: event.id } })
  await it.eventually(async () => (await it.send(orders.listTicketTypes,
    { query: { event_id: event.id } })).body.items?.[0]?.on_sale === 'open')
}, 60_000)
afterAll(async () => {
  await it?.stop()
  rmSync(logs, { recursive: true, force: true })
})

/** Words that nobody else has. */
function canaries () {
  const mark = uuidv7().replaceAll('-', '')
  return {
    mark, email: `canary.${mark}@example.com`, name: `Canary ${mark}`,
    agent: `CanaryAgent/${mark}`, phone: `+336${String(++agent_number).padStart(8, '7')}`,
  }
}
type Canaries = ReturnType<typeof canaries>

async function buy ({ email, name, mark }: Canaries, token?: string) {
  const placed = await it.send(orders.placeOrder, { token, key: `key-${uuidv7()}`, body: {
    event_id: event.id, items: [{ ticket_type_id: type.id, quantity: 1 }],
    buyer: { name, email: mark.endsWith('0') ? email.toUpperCase() : email, locale: 'en' } } })
  expect(placed.status).toBe(201)
  const { id, access_token } = placed.body
  const paid = await it.send(payments.startPayment, { token: access_token, key: `key-${uuidv7()}`,
    body: { order_id: id, provider: 'simulated', method: { test_card: 'success' } } })
  expect(paid.status).toBe(201)
  await it.eventually(async () => (await it.send(tickets.listTickets,
    { token: access_token, query: { order_id: id } })).body.items.length === 1, 'the ticket')
  return { id, access_token }
}

const mailCount = async (to: string) => (await it.send(notifications.listMailbox,
  { query: { to, limit: 100 } })).body.items.length

/**
 * All that is queued is told and sent, also what is tried again in a moment; what a test left
 * waiting for an hour is not asked for.
 */
const settled = () => it.eventually(async () => {
  for (const name of keepers) {
    const { rowCount } = await pool().query(
      `select from ${name}.outbox where sent_at is null
          and available_at < now() + interval '5 minutes' limit 1`)
    if (rowCount) return false
  }
  const { rowCount } = await pool().query(
    `select from notifications.deliveries where status in ('pending', 'failed') limit 1`)
  return rowCount === 0
}, 'all news to be told')

/** What got stuck: an event that waits, one that was given up, and one that was delivered. */
async function leaveMessages ({ email, name }: Canaries, order_id: string, user_id: string | null) {
  const data = JSON.stringify({ order_id, user_id, note: 'x', buyer: { name, email, locale: 'en' } })
  for (const schema of ['orders', 'tickets', 'payments']) {
    await pool().query(`insert into ${schema}.outbox (id, type, data, available_at)
      values ($1, 'test.waiting.v1', $2, now() + interval '1 hour')`, [uuidv7(), data])
    await pool().query(`insert into ${schema}.dead_letters (id, event_id, handler, type, data, error)
      values ($1, $2, 'test', 'test.dead.v1', $3, $4)`,
    [uuidv7(), uuidv7(), data, `no mailbox for ${email}`])
  }
}

/** Every row of every table of every schema that holds one of these texts anywhere. */
async function findAnywhere (needles: string[]): Promise<string[]> {
  const { rows } = await pool().query<{ name: string }>(`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`)
  const found: string[] = []
  for (const { name } of rows) {
    const hits = await pool().query<{ text: string }>(`
      select t::text as text from ${name} t where exists (
        select from unnest($1::text[]) as n where strpos(lower(t::text), lower(n)) > 0)`, [needles])
    found.push(...hits.rows.map(({ text }) => `${name}: ${text.slice(0, 300)}`))
  }
  return found
}

const findInLogs = (needles: string[]) => readdirSync(logs).flatMap(file => {
  const text = readFileSync(join(logs, file), 'utf8').toLowerCase()
  return needles.filter(needle => text.includes(needle.toLowerCase()))
    .map(needle => `${file}: ${needle}`)
})

async function findInCopies (needles: string[]): Promise<string[]> {
  const found: string[] = []
  for (const name of keepers) {
    const { bytes } = await it.send(exportRoute(name), { token: await it.serviceToken(name, 'backups') })
    const text = bytes.toString('utf8').toLowerCase()
    found.push(...needles.filter(one => text.includes(one.toLowerCase())).map(one => `${name} ${one}`))
  }
  return found
}

/** What services say of each other: whoever is gone is no reason for them to differ. */
async function expectAgreement () {
  const { mismatches, unanswered } = await verifyRunning(
    it.context('backups'), { settle_ms: 0, older_than_ms: 0 })
  // Those are of the messages that were left to get stuck.
  const left = new Set(['event_waiting', 'event_without_effect', 'dead_letter'])
  const kinds = mismatches.map(({ kind }) => kind).filter(kind => !left.has(kind))
  expect({ kinds, unanswered }).toEqual({ kinds: [], unanswered: [] })
}

async function ledgerBalances () {
  const { rows } = await pool().query(`select sum(debit_minor) as debit, sum(credit_minor) as credit
    from payments.ledger_entries`)
  expect(Number(rows[0].debit)).toBeGreaterThan(0)
  expect(rows[0].debit).toEqual(rows[0].credit)
}

/** A change of the event and its reminder go to everybody who holds a ticket. */
async function changeEvent () {
  await it.send(events.updateEvent, { token: organizer, params: { id: event.id },
    body: { title: `Concert ${uuidv7().slice(-6)}` } })
  await settled()
}

async function expectGone (needles: string[], email: string) {
  await it.eventually(async () => (await findAnywhere(needles)).length === 0, 'nothing to be left')
    .catch(async () => { expect(await findAnywhere(needles)).toEqual([]) })
  expect(findInLogs(needles)).toEqual([])
  expect(await findInCopies(needles)).toEqual([])
  await ledgerBalances()
  await changeEvent()
  expect(await mailCount(email)).toBe(0)
  expect(await findAnywhere(needles)).toEqual([])
}

async function person (canary: Canaries) {
  const registered = await it.send(auth.register, { headers: { 'user-agent': canary.agent }, body: {
    email: canary.email, username: canary.name, password: `pass ${uuidv7()}`, locale: 'en' } })
  expect(registered.status).toBe(201)
  const { rows: [{ id: user_id }] } = await pool().query(
    `update auth.accounts set email_verified_at = now() where email = $1 returning id`,
    [canary.email])
  const token = await it.personToken({ user_id, email: canary.email, email_verified: true })
  await it.eventually(async () =>
    (await it.send(users.getMyProfile, { token })).status === 200, 'the profile')
  await it.eventually(async () => (await pool().query(
    'update notifications.people set is_proven = true where user_id = $1', [user_id])).rowCount === 1,
  'somebody to write to')
  return { user_id, token }
}

test('S29: an account\'s data are exported whole, and after its erasure they are nowhere', async () => {
  const canary = canaries()
  const { user_id, token } = await person(canary)
  await it.send(users.updateMyProfile, { token, body: { phone: canary.phone } })
  await it.send(users.updateMySettings, { token, body: { sms_notifications: true } })
  const own = await buy(canary, token)
  const as_guest = await buy(canary)
  await it.send(notifications.sendNotification, { token: admin, key: `key-${uuidv7()}`, body: {
    email: canary.email, title: `About ${canary.mark}`, body: `Words for ${canary.name}` } })
  await settled()
  await leaveMessages(canary, own.id, user_id)
  const needles = [canary.mark, canary.phone, user_id]
  expect(await mailCount(canary.email)).toBeGreaterThan(2)

  const everything = await it.send(users.exportMyData, { token })
  expect(everything.status).toBe(200)
  const text = JSON.stringify(everything.body)
  for (const word of [canary.email, canary.name, canary.agent, canary.phone, user_id, own.id,
    as_guest.id, `About ${canary.mark}`, `Words for ${canary.name}`]) expect(text).toContain(word)
  const shown = new Set(everything.body.records.map(one => one.table))
  // Whatever holds the person is in the export, but for messages on their way between services.
  const holding = new Set((await findAnywhere(needles)).map(row => row.split(':')[0]!)
    .filter(name => !/\.(outbox|dead_letters|idempotency_keys)$|^graphile/.test(name)))
  expect([...holding].filter(name => !shown.has(name))).toEqual([])
  expect(text).not.toMatch(/argon2|"code":"FM|access_token/)

  expect((await it.send(users.deleteMe, { token })).status).toBe(204)
  // The account's number stays, so that late news finds that nobody is there.
  await settled()
  await expectGone([canary.mark, canary.phone], canary.email)
  expect((await it.send(orders.getOrder, { token: own.access_token, params: { id: own.id } })).body)
    .toMatchObject({ user_id: null, status: 'completed' })
  await expectAgreement()
  figure('S29', `A canary in ${holding.size} tables of 9 schemas: the export showed all of them; ` +
    'after erasure it was found in 0 rows, 0 log lines and 0 bytes of the copies made afterwards, ' +
    'the ledger balanced, and news of the event reached the address 0 times.')
}, 120_000)

/** What somebody does who reads the mail of an address: asks, presses the button in the page. */
async function openMailed (email: string) {
  const before = await mailCount(email)
  const body = { email: email.toUpperCase(), locale: 'en' }
  expect((await it.send(users.requestAddressLink, { body })).status).toBe(202)
  await it.eventually(async () => await mailCount(email) > before, 'the mail with the link')
  const [newest] = (await it.send(notifications.listMailbox, { query: { to: email } })).body.items
  const { body: mail } = await it.send(notifications.getMail, { params: { id: newest!.id } })
  const token = /\/my-data\?token=([\w-]+)/.exec(mail.text)?.[1]
  if (token === undefined) throw new Error(mail.text)
  return { token, opened: await it.send(users.openAddress, { body: { token } }) }
}

test('S29: a guest exports by a mailed link all that is kept, and erases it', async () => {
  const canary = canaries()
  const own = await buy(canary)
  await buy({ ...canary, email: canary.email.toUpperCase() })
  await settled()
  await leaveMessages(canary, own.id, null)
  const { token, opened: { body: { grant, email } } } = await openMailed(canary.email)
  expect(email).toBe(canary.email)
  const at_rest = await findAnywhere([token, grant])
  expect(at_rest.filter(row => !row.startsWith('notifications.mailbox:'))).toEqual([])

  const everything = await it.send(users.exportAddress, { body: { grant } })
  expect(everything.status).toBe(200)
  const text = JSON.stringify(everything.body)
  for (const word of [canary.email, canary.name, own.id]) expect(text).toContain(word)
  const shown = new Set(everything.body.records.map(one => one.table))
  const holding = new Set((await findAnywhere([canary.mark])).map(row => row.split(':')[0]!)
    .filter(name => !/\.(outbox|dead_letters|idempotency_keys)$|^graphile/.test(name)))
  // What hangs on an order or a mail is found through it.
  expect([...holding].filter(name => !shown.has(name))).toEqual([])
  expect(text).not.toMatch(/access_token|"code":"FM/)

  expect((await it.send(users.eraseAddress, { body: { grant } })).status).toBe(204)
  await settled()
  await expectGone([canary.mark], canary.email)
  expect((await it.send(orders.getOrder, { token: own.access_token, params: { id: own.id } })).body)
    .toMatchObject({ status: 'completed', total_minor: 1500, buyer: { name: '–' } })
  const { body: { items } } = await it.send(tickets.listTickets,
    { token: own.access_token, query: { order_id: own.id } })
  expect(items).toMatchObject([{ status: 'active' }])
  for (const route of [users.exportAddress, users.eraseAddress]) {
    expect((await it.send(route, { body: { grant } })).status).toBe(400)
  }
  await expectAgreement()
  figure('S29', `A guest's canary in ${holding.size} tables: the export by a mailed link showed all of them; ` +
    'after erasure it was found in 0 rows, 0 log lines and 0 bytes of the copies made afterwards.')
}, 120_000)

test('S29: who reads an address ends the accounts that only claim it, and is shown them', async () => {
  const canary = canaries()
  const claim = async (as: Canaries) => {
    const password = `pass ${uuidv7()}`
    const { status, body } = await it.send(auth.register, { body: {
      email: as.email, username: as.name, password, locale: 'en' } })
    expect(status).toBe(201)
    return { ...body, password, email: as.email }
  }
  const [first, second] = [await claim(canary), await claim(canary)]
  const other = await claim(canaries())
  await buy(canary)
  await settled()
  const { opened: { body: { grant } } } = await openMailed(canary.email)
  const { body: { records } } = await it.send(users.exportAddress, { body: { grant } })
  const claims = records.find(one => one.table === 'auth.accounts')!
  expect(claims.rows.map(row => row.id).toSorted())
    .toEqual([first.user.id, second.user.id].toSorted())
  expect(JSON.stringify(claims)).not.toMatch(/argon2/)

  expect((await it.send(users.eraseAddress, { body: { grant } })).status).toBe(204)
  await settled()
  await expectGone([canary.mark], canary.email)
  const signIn = async ({ email, password }: typeof first) =>
    (await it.send(auth.login, { body: { email, password } })).status
  for (const one of [first, second]) {
    expect(await signIn(one)).toBe(401)
    expect((await it.send(auth.getMe, { token: one.access_token })).status).toBe(401)
    const { refresh_token } = one
    expect((await it.send(auth.refresh, { body: { refresh_token } })).status).toBe(401)
  }
  const listed = await it.send(users.listUsers, { token: admin, query: { q: canary.mark } })
  expect(listed.body.items).toEqual([])
  await it.send(auth.forgotPassword, { body: { email: canary.email } })
  await settled()
  expect(await mailCount(canary.email)).toBe(0)
  expect(await signIn(other)).toBe(200)
  // The address is free for whoever comes afterwards.
  expect(await signIn(await claim(canary))).toBe(200)
}, 60_000)

test('S29: an erased address leaves the account that has proven it meanwhile, and the last administrator', async () => {
  const canary = canaries()
  const { user_id } = await person(canary)
  const ctx = it.context('users')
  const address = canary.email.toUpperCase()
  const tell = () => ctx.transaction(tx => ctx.publish(tx, users.addressErased,
    [{ address, erased_at: new Date().toISOString() }]))
  const isThere = async () => (await pool().query(
    'select from auth.accounts where id = $1', [user_id])).rowCount === 1
  await tell()
  await settled()
  expect(await isThere()).toBe(true)
  await pool().query(`update auth.accounts set email_verified_at = null, roles = '{user,admin}'
    where id = $1`, [user_id])
  await tell()
  await settled()
  expect(await isThere()).toBe(true)
  // Control: it was the role that kept it.
  await pool().query(`update auth.accounts set roles = '{user}' where id = $1`, [user_id])
  await tell()
  await settled()
  await it.eventually(async () => !await isThere(), 'its end')
}, 60_000)

test('S29: news that was on its way while somebody was erased is handled without them', async () => {
  const canary = canaries()
  const { user_id, token } = await person(canary)
  const own = await buy(canary, token)
  await settled()
  const { rows } = await pool().query(
    `select type, data from orders.outbox_events where type = $1 and data ->> 'order_id' = $2`,
    [orders.orderCompleted.type, own.id])
  const late = async () => {
    await pool().query('insert into orders.outbox (id, type, data) values ($1, $2, $3)',
      [uuidv7(), rows[0].type, JSON.stringify({ ...rows[0].data, order_id: uuidv7() })])
  }
  expect((await it.send(users.deleteMe, { token })).status).toBe(204)
  await settled()
  await late()
  await settled()
  // What was delivered is gone with the next erasure; what handlers wrote names nobody.
  await pool().query(`delete from orders.outbox where sent_at is not null`)
  expect(await findAnywhere([canary.mark])).toEqual([])
  const { rows: kept } = await pool().query(
    `select from tickets.orders where user_id = $1`, [user_id])
  expect(kept).toEqual([])
}, 60_000)

test('S29: control: the search finds somebody who was not erased', async () => {
  const canary = canaries()
  await buy(canary)
  await settled()
  const found = new Set((await findAnywhere([canary.mark])).map(row => row.split(':')[0]))
  for (const name of ['orders.orders', 'tickets.tickets', 'payments.payments',
    'notifications.deliveries', 'notifications.holders', 'users.purchases']) {
    expect(found).toContain(name)
  }
  const copies = await findInCopies([canary.mark])
  expect(copies.length).toBeGreaterThan(3)
})
