import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBackup, getBackup, restoreBackup } from '@fermata/contracts/backups'
import * as events from '@fermata/contracts/events'
import * as orders from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import { listTickets } from '@fermata/contracts/tickets'
import { serviceNames } from '@fermata/contracts/services'
import { ownerOf } from '@fermata/platform/embedded-postgres/owner'
import {
  startEmbeddedPostgres, type EmbeddedPostgres,
} from '@fermata/platform/embedded-postgres/supervisor'
import { uuidv7 } from '@fermata/platform/ids'
import { allServices } from '@fermata/server/services'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { figure } from '../proofs/proof.ts'

/**
 * S23, the role: what is tricked out of a service's connection finds that it may do little. On a
 * folder whose database an older version filled, as the superuser.
 */

let folder: string
let server: EmbeddedPostgres
let owner_url: string
let it: TestSystem
const secrets = Object.fromEntries(['JWT_EXTERNAL_SIGNATURE', 'JWT_INTERNAL_SIGNATURE',
  'ORDER_SIGNATURE', 'TICKET_SIGNATURE', 'SECOND_FACTOR_SECRET']
  .map(name => [name, randomBytes(32).toString('hex')]))
let event_id: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fermata-roles-'))
  await chmod(folder, 0o711)
  server = await startEmbeddedPostgres({
    folder: join(folder, 'postgres'), no_sync_initdb: true, settings: { fsync: 'off' } })
  const before = await startSystem(server.url)
  event_id = (await putOnSale(before)).event_id
  await before.stop()
  owner_url = await ownerOf(server)
  it = await startSystem(owner_url)
}, 120_000)
afterAll(async () => {
  await it?.stop()
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const startSystem = (url: string) => startTestSystem(Object.values(allServices),
  { ...secrets, BACKUP_DIR: join(folder, 'backups') }, url)

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

async function putOnSale (system: TestSystem) {
  const token = await system.personToken({ roles: ['admin'] })
  const event = (await system.send(events.createEvent, { token, body: {
    title: 'An evening', description: 'Made by a test.', category: 'talk',
    timezone: 'Europe/Paris', currency: 'EUR', starts_at: inDays(10), ends_at: inDays(10.1),
    venue: { name: 'Hall', address: '1 Square', city: 'Lyon', country: 'FR' } } })).body
  const type = (await system.send(orders.createTicketType, { token, body: {
    event_id: event.id, name: 'Seat', price_minor: 1500, currency: 'EUR', capacity: 100 } })).body
  await system.send(events.publishEvent, { token, params: { id: event.id } })
  await system.eventually(async () => {
    const { items } = (await system.send(orders.listTicketTypes,
      { query: { event_id: event.id } })).body
    return items[0]?.on_sale === 'open'
  }, 'the box office to open')
  return { event_id: event.id, ticket_type_id: type.id }
}

async function buy (sale: { event_id: string, ticket_type_id: string }): Promise<string> {
  const order = (await it.send(orders.placeOrder, { body: { event_id: sale.event_id,
    buyer: { name: 'Gil Guest', email: 'gil@example.com', locale: 'en' },
    items: [{ ticket_type_id: sale.ticket_type_id, quantity: 2 }] } })).body
  const token = order.access_token
  await it.send(startPayment, { token, key: uuidv7(), body: {
    order_id: order.id, provider: 'simulated', method: { test_card: 'success' } } })
  await it.eventually(async () => {
    const { items } = (await it.send(listTickets, { token, query: { order_id: order.id } })).body
    return items.length === 2
  }, 'two tickets')
  return order.id
}

test('S23: an older folder is handed over, and everything works with lesser roles', async () => {
  expect((await it.send(events.getEvent, { params: { id: event_id } })).status).toBe(200)
  const order_id = await buy(await putOnSale(it))
  const { rows } = await it.context('orders').pool.query<{ status: string }>(
    'select status from orders.orders where id = $1', [order_id])
  expect(rows).toEqual([{ status: 'completed' }])
  // Its mail is a job, and has left.
  await it.eventually(async () => (await it.context('notifications').pool.query(
    `select from notifications.deliveries where status = 'sent'`)).rowCount, 'a sent mail')
}, 60_000)

test('S23: backups are made, proven and put back, and lesser roles work on', async () => {
  const token = await it.personToken({ roles: ['admin'] })
  const sale = await putOnSale(it)
  const { id } = (await it.send(createBackup, { token, body: {} })).body
  await it.eventually(async () => (await it.send(getBackup, { token, params: { id } }))
    .body.status === 'completed', 'the backup')
  const restored = await it.send(restoreBackup, { token, params: { id }, body: {} })
  expect([restored.status, restored.body.restored_at]).toEqual([200, expect.any(String)])
  await buy(sale)
}, 200_000)

test('S23: nobody who answers is connected as a superuser or an owner', async () => {
  const client = await connect(server.url)
  const { rows } = await client.query<{ app: string, name: string, may: boolean }>(`
    select distinct application_name as app, usename::text as name,
           rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as may
      from pg_stat_activity join pg_roles on rolname = usename
     where application_name like 'fermata%'`)
  expect(rows.length).toBeGreaterThan(serviceNames.length)
  for (const { app, name, may } of rows)
    expect([app, name, may]).toEqual([app, expect.stringMatching(/_serving$/), false])
  const { rows: [owner] } = await client.query(`select rolsuper, rolcreatedb, rolcreaterole,
    rolreplication, rolbypassrls from pg_roles where rolname = 'fermata_owner'`)
  expect(Object.values(owner as object)).toEqual([false, false, false, false, false])
  const { rows: left } = await client.query(`
    select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = relnamespace
     where nspname = any($1) and relowner <> 'fermata_owner'::regrole`,
  [[...serviceNames, 'graphile_worker']])
  expect(left).toEqual([])
  await client.end()
})

async function connect (url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}

/** What may not be done, by the service whose connection it is. */
const forbidden = (own: string, other: string) => [
  `create table ${own}.stolen (a text)`, `alter table ${own}.outbox add column a text`,
  `drop table ${own}.outbox`, `truncate ${own}.outbox`, `create index on ${own}.outbox (id)`,
  `alter table ${own}.outbox disable trigger all`, `create schema mine`, `drop schema ${own} cascade`,
  'create temporary table mine (a text)', 'create table public.mine (a text)',
  `create function ${own}.mine () returns int language sql as 'select 1'`,
  `create or replace function ${own}.add_job (text, json, timestamptz, integer, text)
    returns void language sql as ''`,
  `update ${own}.migrations set name = name`, `delete from ${own}.migrations`,
  `insert into ${own}.migrations (name, timestamp) values ('x', 'x')`,
  `select * from ${other}.outbox`, `insert into ${other}.inbox default values`,
  `select ${other}.add_job('${other}.x', '{}', null, 1, null)`,
  `select ${own}.add_job('${other}.x', '{}', null, 1, null)`,
  'select * from graphile_worker._private_jobs', `select graphile_worker.add_job('${own}.x')`,
  `select pg_read_file('/etc/passwd')`, `select pg_ls_dir('/')`, `select pg_stat_file('/etc')`,
  `copy ${own}.outbox to '/tmp/stolen'`, `copy ${own}.outbox from '/etc/passwd'`,
  `copy ${own}.outbox to program 'id'`, `copy ${own}.outbox from program 'id'`,
  `select lo_import('/etc/passwd')`, 'select * from pg_authid', 'select * from pg_shadow',
  'create role mine', 'alter role fermata superuser', `alter role current_user superuser`,
  'set role fermata', 'set role fermata_owner', 'set session authorization fermata',
  'grant fermata_owner to current_user', 'create database mine', 'alter system set fsync = off',
  'create extension dblink', `create extension postgres_fdw`, 'set log_statement = \'all\'',
  'select pg_reload_conf()',
  `comment on table ${own}.outbox is 'x'`, 'load \'plpgsql.so\'', 'checkpoint',
  'do language c \'\'', 'create publication mine', 'create event trigger mine on ddl_command_end execute function x()',
]

test('S23: a service\'s role can neither change the schema nor leave it', async () => {
  let tried = 0
  for (const [index, own] of serviceNames.entries()) {
    const other = serviceNames[(index + 1) % serviceNames.length]!
    const { pool } = it.context(own)
    const allowed: string[] = []
    for (const statement of forbidden(own, other)) {
      const said = await pool.query(statement).then(() => 'allowed',
        (error: unknown) => (error as { code?: string }).code)
      tried++
      // Not permitted, or what it names is not there for this role.
      if (said === 'allowed') allowed.push(statement)
    }
    expect([own, allowed]).toEqual([own, []])
    await expect(pool.query('select pg_read_file(\'/etc/passwd\')'))
      .rejects.toMatchObject({ code: '42501' })
    expect((await pool.query(`select from ${own}.outbox`)).rows).toBeDefined()
  }
  figure('S23', `${tried} statements that change a schema, read files, run programs, take other ` +
    'roles or look at another service, as the roles that serve: none was allowed.')
}, 60_000)

test('S23: the control, an owner may do what its services may not', async () => {
  const client = await connect(owner_url)
  await client.query('begin')
  expect((await client.query('create table orders.stolen (a text)')).command).toBe('CREATE')
  expect((await client.query('select from payments.outbox')).command).toBe('SELECT')
  await client.query('rollback')
  await client.end()
})

test('S23: passwords of roles stand in files of their owner alone, and in no log', () => {
  const password = readFileSync(join(server.folder, 'owner-password'), 'utf8')
  expect(readFileSync(join(server.folder, 'server.log'), 'utf8')).not.toContain(password)
})
