import { Client } from 'pg'
import { expect, inject, test } from 'vitest'
import { createTestDatabase } from './postgres.ts'

async function query (url: string, sql: string) {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

test('testServer: hands its address to the tests in both ways', () => {
  expect(inject('databaseUrl')).toBe(process.env.FERMATA_TEST_DATABASE_URL)
})

test('createTestDatabase: a copy has what its template had, and the template stays as it was', async () => {
  const template = await createTestDatabase()
  await query(template.url, 'create table seats as select 7 as number')

  const copy = await createTestDatabase(new URL(template.url).pathname.slice(1))
  await query(copy.url, 'update seats set number = 8')

  expect(await query(copy.url, 'select number from seats')).toEqual([{ number: 8 }])
  expect(await query(template.url, 'select number from seats')).toEqual([{ number: 7 }])
  await Promise.all([template.drop(), copy.drop()])
})

test('createTestDatabase: dropping it ends the connections that were forgotten', async () => {
  const database = await createTestDatabase()
  const forgotten = new Client({ connectionString: database.url })
  const ended = new Promise(resolve => forgotten.on('error', resolve))
  await forgotten.connect()

  await database.drop()

  expect(await ended).toMatchObject({ code: '57P01' })
  await expect(query(database.url, 'select 1')).rejects.toMatchObject({ code: '3D000' })
})

test('createTestDatabase: a name that is not one is refused before it reaches the server', async () => {
  await expect(
    createTestDatabase('x; drop database postgres')
  ).rejects.toThrow('cannot be the name')
})
