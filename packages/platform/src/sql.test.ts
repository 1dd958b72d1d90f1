import { createTestDatabase } from '@fermata/testkit/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDatabase, createPool, type Client, type Db } from './database.ts'
import { sql } from './sql.ts'

let pool: ReturnType<typeof createPool>
let db: Db
let client: Client

beforeAll(async () => {
  const { url } = await createTestDatabase()
  pool = createPool({ url, max_connections: 2, application_name: 'test' })
  db = createDatabase(pool)
  client = await pool.connect()
})
afterAll(async () => {
  client.release()
  await db.destroy()
})

const preparedOf = async (on: Client) => (await on.query<{ statement: string }>(
  'select statement from pg_prepared_statements order by 1')).rows.map(row => row.statement)

test('sql: a statement of parts runs in a transaction, a pool and a connection alike', async () => {
  const word = sql`upper(${'a'})`
  const statement = sql<{ words: string }>`
    select ${word} || ${'b'} || ${sql.join([word, 'c'], sql` || `)} as words where ${sql.lit('it\'s')} = ${'it\'s'}`

  for (const on of [db, pool, client]) {
    expect(await statement.rows(on)).toEqual([{ words: 'AbAc' }])
    expect(await statement.one(on)).toEqual({ words: 'AbAc' })
  }
  expect(await db.transaction().execute(tx => statement.first(tx))).toEqual({ words: 'AbAc' })
  await expect(sql`select 1 where false`.one(db)).rejects.toThrow('No row of select 1')
  expect(await sql`select 1 where false`.first(db)).toBeUndefined()
})

test('sql: on a connection what is asked twice is parsed once, elsewhere never prepared', async () => {
  const before = await preparedOf(client)
  const add = (a: number, b: number) => sql<{ sum: number }>`select ${a}::integer + ${b}::integer as sum`
  expect((await add(1, 2).one(client)).sum + (await add(3, 4).one(client)).sum).toBe(10)
  const named = sql`'x'::text`
  for (const value of ['y', 'z']) await sql`select ${named} || ${value}`.one(client)

  const added = (await preparedOf(client)).filter(text => !before.includes(text))
  expect(added).toEqual([
    'select $1::integer + $2::integer as sum', 'select \'x\'::text || $1'])
  await add(1, 2).one(pool)
  const other = await pool.connect()
  try {
    expect(await preparedOf(other)).toEqual([])
  } finally {
    other.release()
  }
})

test('sql.run: says how many rows were written', async () => {
  await sql`create temporary table notes (id integer)`.run(client)
  expect(await sql`insert into notes select generate_series(1, 3)`.run(client)).toBe(3)
  expect(await sql`delete from notes where id > ${1}`.run(client)).toBe(2)
})

test('sql.rows: PostgreSQL reads items of each type as they are, and null', async () => {
  const items = [
    { id: '0197f3a0-0000-7000-8000-000000000001', name: 'a, "b"\n{c}\\', line: 'x y', small: 1,
      big: 2 ** 40, is_on: true, at: '2027-11-07T05:30:00.123Z', bytes: Buffer.from('00ff', 'hex'),
      data: JSON.stringify({ text: 'a\n"b"' }) },
    { id: null, name: '', line: null, small: null, big: null, is_on: null, at: null, bytes: null,
      data: null },
  ]
  const told = (given: typeof items) => sql`select * from ${sql.rows(given, {
    id: 'uuid', name: 'text', line: 'line', small: 'smallint', big: 'bigint', is_on: 'boolean',
    at: 'timestamptz', bytes: 'bytea', data: 'json', place: 'ordinality',
  })} as r`.rows(db)

  expect(await told(items)).toEqual(items.map(({ data, ...item }, index) =>
    ({ ...item, data: data && JSON.parse(data) as unknown, place: index + 1 })))
  expect(await told([items[1]!])).toMatchObject([{ id: null, line: null, data: null, place: 1 }])
  expect(await told([])).toEqual([])
})

test('sql.rows: an item without the column, or with another type, does not compile', () => {
  const items = [{ id: 'a', count: 1 }]
  // @ts-expect-error -- no such column
  expect(sql.rows(items, { name: 'text' })).toBeDefined()
  // @ts-expect-error -- a number is no text
  expect(sql.rows(items, { count: 'text' })).toBeDefined()
  // @ts-expect-error -- what may be undefined is written as null
  expect(sql.rows(items as { id: string, count?: number }[], { count: 'integer' })).toBeDefined()
  // @ts-expect-error -- no type of ours
  expect(sql.rows(items, { id: 'varchar' })).toBeDefined()
})
