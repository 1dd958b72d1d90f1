import { createTestDatabase, type TestDatabase } from '@fermata/testkit/postgres'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asLines, plainArray } from './array-text.ts'

let database: TestDatabase
let client: pg.Client

beforeAll(async () => {
  database = await createTestDatabase()
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await database.drop()
})

const readBack = async (expression: string, text: string) =>
  (await client.query<{ read: unknown }>(`select ${expression} as read`, [text])).rows[0]!.read

test('plainArray: PostgreSQL reads the same ids, numbers and moments, and null', async () => {
  const ids = ['019f3c9e-0000-7000-8000-000000000001', null]
  expect(await readBack('$1::uuid[]', plainArray(ids))).toEqual(ids)
  expect(await readBack('$1::integer[]', plainArray([-1, 0, 2 ** 31 - 1])))
    .toEqual([-1, 0, 2 ** 31 - 1])
  expect(await readBack('array(select to_json(unnest($1::timestamptz[]))::text)',
    plainArray(['2027-11-07T05:30:00.123Z'])))
    .toEqual([expect.stringContaining('30:00.123')])
  expect(await readBack('$1::text[]', plainArray([]))).toEqual([])
})

test('asLines: keeps what JSON and headers are made of', async () => {
  const texts = ['a "quoted" \\ {brace}, comma', JSON.stringify({ lines: 'one\ntwo', nul: null }), 'ü€😀', 'NULL']
  expect(await readBack("string_to_array($1, E'\\n')", asLines(texts))).toEqual(texts)
  expect(await readBack("string_to_array($1, E'\\n')", asLines([]))).toEqual([])
})
