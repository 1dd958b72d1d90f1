import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer, json } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import {
  exportRoute,
  importMismatch,
  importRoute,
  type ImportResult,
} from '@fermata/contracts/platform'
import { httpTransport } from '@fermata/platform/http-transport'
import { Problem } from '@fermata/platform/problem'
import { defineService, type Context } from '@fermata/platform/service'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

/** Export and import through the whole stack, on tables chosen to be hard to copy. */

const migration = `
create table parents (
  id bigint generated always as identity primary key, name text not null unique,
  initial text generated always as (left(name, 1)) stored
);
create table children (
  id uuid primary key default gen_random_uuid(), parent_id bigint not null references parents,
  twin_id uuid references children, note text, amount numeric, ratio double precision, at timestamptz,
  day date, took interval, raw bytea, tags text[], facts jsonb, flag boolean
);
create table "odd Names" ("select" text, "two words" integer, dropped text);
alter table "odd Names" drop column dropped;
create table changes (what text not null);
create sequence ticket_numbers start 1000;
create function remember_change () returns trigger language plpgsql as $$
begin insert into expiration.changes values (tg_op); return null; end $$;
create trigger remember after insert or delete on parents for each row execute function remember_change();`

let folder: string
let it: TestSystem
let ctx: Context
let copier: Context
const exported = exportRoute('expiration')
const imported = importRoute('expiration')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fermata-export-'))
  await writeFile(join(folder, '0001_hard.sql'), migration)
  it = await startTestSystem([
    defineService<Context>({
      name: 'expiration',
      migrations: pathToFileURL(`${folder}/`),
      routes: [],
    }),
    // Who alone may ask for a copy.
    defineService<Context>({ name: 'backups', routes: [] }),
  ], { LOG_LEVEL: 'fatal' })
  ctx = it.context('expiration')
  copier = it.context('backups')
})
beforeEach(async () => {
  await ctx.pool.query(
    'truncate expiration.children, expiration.parents, expiration."odd Names", expiration.changes',
  )
  await ctx.pool.query(`insert into expiration.parents (name) values ('Ann'), ('Ben'), ('été')`)
  await ctx.pool.query(
    `insert into expiration.children (parent_id, note, amount, ratio, at, day, took, raw, tags, facts, flag)
    select id, $1, '12345678901234567890.000000001', 0.1 + 0.2, '2027-03-01 18:30:00.123456+01', '4712-01-01 BC',
           '1 mon 2 days 03:04:05.678', $2, array['a,b', null, '"', '\\'], '{"a": [1, null, "\\u00e9\\n"]}', null
      from expiration.parents`,
    ['tab\t line\n return\r back\\slash \\N null\\. "quotes" \u2028 😀', randomBytes(300)],
  )
  await ctx.pool.query(
    'update expiration.children set twin_id = (select min(id::text)::uuid from expiration.children)',
  )
  await ctx.pool.query(
    `insert into expiration."odd Names" values ('x', 1), (null, null), ('', 2), ('\\N', 3)`,
  )
  await ctx.pool.query(`select nextval('expiration.ticket_numbers')`)
})
afterAll(async () => {
  await it.stop()
  await rm(folder, { recursive: true, force: true })
})

const take = async () => buffer(await copier.callStream(exported, {}))
const put = async (copy: Buffer, target: 'live' | 'scratch') =>
  await json(
    await copier.callStream(imported, { query: { target } }, Readable.from([copy])),
  ) as ImportResult
const rowsOf = async (table: string) =>
  (await ctx.pool.query(`select t::text from expiration.${table} t order by 1`)).rows
const everything = () =>
  Promise.all(['parents', 'children', '"odd Names"', 'changes', 'outbox'].map(rowsOf))
const schemas = async () =>
  (await ctx.pool.query('select nspname from pg_namespace order by 1')).rows
/** Without the line that says when it was made. */
const body = (copy: Buffer) =>
  copy.subarray(copy.indexOf('\n')).toString().replace(/\{"end".*\n/, '')

test('importData: what was deleted, changed and added is as it was, to the last byte', async () => {
  const before = await everything()
  const copy = await take()
  await ctx.pool.query('update expiration.children set twin_id = null')
  await ctx.pool.query(
    'delete from expiration.children where ctid in (select ctid from expiration.children limit 2)',
  )
  await ctx.pool.query(`update expiration.children set note = 'changed'`)
  await ctx.pool.query(`insert into expiration.parents (name) values ('Zoe')`)
  await ctx.pool.query(
    `insert into expiration.outbox (id, type, data, sent_at) values (gen_random_uuid(), 'x', '{}', now())`,
  )
  expect(await everything()).not.toEqual(before)

  const result = await put(copy, 'live')

  expect(await everything()).toEqual(before)
  expect(result.tables.find(table => table.name === 'children')).toMatchObject({ rows: 3 })
  expect(body(await take())).toBe(body(copy))
})

test('importData: sequences, identities, generated columns, triggers and foreign keys work on afterwards', async () => {
  const { rows: [next] } = await ctx.pool.query(
    `select last_value + 1 as value from expiration.ticket_numbers`,
  )
  const copy = await take()
  await ctx.pool.query(
    `select setval('expiration.ticket_numbers', 1), setval('expiration.parents_id_seq', 1)`,
  )
  await put(copy, 'live')
  const { rows: [number] } = await ctx.pool.query(
    `select nextval('expiration.ticket_numbers') as value`,
  )
  expect(number).toEqual(next)
  const { rows: [parent] } = await ctx.pool.query(
    `insert into expiration.parents (name) values ('Zoe') returning *`,
  )
  expect(parent.initial).toBe('Z')
  expect((await rowsOf('changes')).at(-1)).toEqual({ t: '(INSERT)' })
  await expect(ctx.pool.query(`delete from expiration.parents where name = 'Ann'`)).rejects.toThrow(
    'foreign key',
  )
})

test('importData: into scratch it answers the digests of the live tables and leaves nothing behind', async () => {
  const [before, schemasBefore] = [await everything(), await schemas()]
  const copy = await take()
  await ctx.pool.query(`insert into expiration.parents (name) values ('not in the copy')`)
  const scratch = await put(copy, 'scratch')
  expect(await schemas()).toEqual(schemasBefore)
  expect((await rowsOf('parents'))).toHaveLength(4)
  const live = await put(copy, 'live')
  expect(live.tables).toEqual(scratch.tables)
  expect(await everything()).toEqual(before)
})

test('importData: any flipped bit, cut or addition is refused and changes nothing', { timeout: 120_000 }, async () => {
  const copy = await take()
  const before = await everything()
  const problemOf = (bad: Buffer) => put(bad, 'live').then(() => 'accepted', (error: unknown) =>
    error instanceof Problem ? error.definition.type : String(error))
  for (let i = 0; i < 60; i++) {
    const at = Math.floor(copy.length * i / 60)
    const bad = Buffer.from(copy)
    bad[at]! ^= 1 << (i % 8)
    expect(await problemOf(bad), `bit ${i % 8} of byte ${at}`).toBe(importMismatch.type)
  }
  const lines = copy.toString().split('\n')
  for (const bad of [
    Buffer.alloc(0), copy.subarray(0, copy.length - 2), copy.subarray(0, copy.length >> 1),
    Buffer.from(lines.toSpliced(-2, 1).join('\n')), Buffer.from(lines.toSpliced(5, 1).join('\n')),
    Buffer.concat([copy, Buffer.from('{}\n')]), Buffer.concat([copy, copy]),
  ]) expect(await problemOf(bad)).toBe(importMismatch.type)
  expect(await everything()).toEqual(before)
})

test('importData: a copy of another service or of other migrations is refused', async () => {
  const copy = (await take()).toString()
  for (
    const [from, to] of [['"service":"expiration"', '"service":"orders"'], [
      'service_0001_hard',
      'service_0002_soft',
    ]] as const
  ) {
    const reply = await put(Buffer.from(copy.replace(from, to)), 'scratch').catch((
      error: unknown,
    ) => error)
    expect((reply as Problem).definition.type).toBe(importMismatch.type)
  }
})

test('exportData: is one snapshot though rows are written meanwhile', async () => {
  let stop = false
  const writing = (async () => {
    for (let i = 0; !stop; i++) {
      await ctx.pool.query(
        `with p as (insert into expiration.parents (name) values ($1) returning id)
        insert into expiration.changes select 'with ' || id from p`,
        [`p${i}`],
      )
    }
  })()
  for (let i = 0; i < 5; i++)
    expect((await put(await take(), 'scratch')).tables.length).toBeGreaterThan(5)
  stop = true
  await writing
})

test('exportData: a reader who leaves early frees the connection', async () => {
  await ctx.pool.query(
    `insert into expiration.changes select repeat('x', 1000) from generate_series(1, 20000)`,
  )
  for (let i = 0; i < 6; i++) {
    const stream = await copier.callStream(exported, {})
    stream.once('readable', () => stream.destroy())
    await new Promise(resolve => stream.once('close', resolve))
  }
  await it.eventually(async () =>
    (await ctx.pool.query(`select count(*)::int as open from pg_stat_activity
    where application_name = 'fermata-expiration' and state <> 'idle' and pid <> pg_backend_pid()`))
      .rows[0].open === 0
  )
  expect((await take()).length).toBeGreaterThan(1_000_000)
})

test('exportData: the same streams go over HTTP', async () => {
  await ctx.pool.query(
    `insert into expiration.changes select repeat('x', 1000) from generate_series(1, 20000)`,
  )
  const url = await it.system.app.listen({ port: 0, host: '127.0.0.1' })
  const transport = httpTransport(url)
  const headers = {
    authorization: `Bearer ${await it.serviceToken('expiration', 'backups')}`,
    'content-type': 'application/x-ndjson',
  }
  const taken = await transport.stream({ method: 'GET', path: exported.path, headers })
  const copy = await buffer(taken.stream)
  const path = `${imported.path}?target=scratch`
  const answer = await transport.stream({
    method: 'POST',
    path,
    headers,
    body: Readable.from([copy]),
  })
  expect(answer.status).toBe(200)
  const bad = Buffer.from(copy)
  bad[100]! ^= 1
  const refused = await transport.stream({
    method: 'POST',
    path,
    headers,
    body: Readable.from([bad]),
  })
  expect(refused.status).toBe(409)
  expect(await json(refused.stream)).toMatchObject({ type: importMismatch.type })
})

test('exportData: only another service may read or write a copy', async () => {
  for (
    const token of [
      undefined,
      await it.personToken({ roles: ['admin'] }),
      await it.serviceToken('orders', 'backups'),
    ]
  ) {
    expect((await it.send(exported, { token })).status).toBe(401)
    expect(
      (await it.send(imported, {
        token,
        query: { target: 'scratch' },
        body: 'x',
        headers: { 'content-type': 'application/x-ndjson' },
      })).status,
    ).toBe(401)
  }
})
