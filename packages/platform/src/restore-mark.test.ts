import { createTestDatabase, type TestDatabase } from '@fermata/testkit/postgres'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createDatabase, createPool, type Db } from './database.ts'
import { uuidv7 } from './ids.ts'
import {
  clearRestoring, findRestoring, forgetRestoring, markChanged, markRestoring, refuseHalfRestored,
} from './restore-mark.ts'

let database: TestDatabase
let db: Db
const all = ['auth', 'orders', 'tickets']

beforeAll(async () => {
  database = await createTestDatabase()
  db = createDatabase(createPool({
    url: database.url, max_connections: 4, application_name: 'test' }))
})
beforeEach(() => clearRestoring(db, all))
afterAll(async () => {
  await db.destroy()
  await database.drop()
})

const begin = (services = all, backup_id = uuidv7()) =>
  markRestoring(db, { backup_id, services: all }, services).then(() => backup_id)
const change = (id: string, service: string) =>
  db.transaction().execute(tx => markChanged(tx, id, service))
const progress = async () => (await findRestoring(db)).map(one => [one.service, one.progress])
const refused = (here: string[] = []) =>
  refuseHalfRestored(db, here).then(() => '', (error: Error) => error.message)

test('refuseHalfRestored: marks of a restore that changed nothing go, however many look at once', async () => {
  await begin()
  expect(await Promise.all([refused(), refused(), refused()])).toEqual(['', '', ''])
  expect(await progress()).toEqual([])
})

test('refuseHalfRestored: what one service has changed stops all of them', async () => {
  const id = await begin()
  await change(id, 'orders')
  expect(await progress()).toEqual([['auth', 'begun'], ['orders', 'changed'], ['tickets', 'begun']])
  expect(await refused(all)).toBe(`A restore of the backup ${id} was cut off before auth, orders, ` +
    'tickets were done, and half of it is there. What auth, tickets held before is still there. ' +
    `Do it again: npm run restore -- --from <folder or s3://bucket/folder> --backup ${id} --replace`)
  await change(id, 'auth')
  await change(id, 'tickets')
  expect(await refused(all)).toMatch(new RegExp(`is there. Do it again: .* --backup ${id}$`))
})

test('refuseHalfRestored: in a database of its own a service cannot see the others, and waits', async () => {
  await begin(['tickets'])
  expect(await refused(['tickets'])).toContain('cannot be seen from this database')
  // Of services that are known to be here and have no mark, the marking was cut off.
  expect(await refused(all)).toBe('')
})

test('markChanged: a change that is rolled back is none, and one without its mark is refused', async () => {
  const id = await begin()
  await expect(db.transaction().execute(async tx => {
    await markChanged(tx, id, 'auth')
    throw new Error('cut off')
  })).rejects.toThrow('cut off')
  expect(await refused()).toBe('')
  await expect(change(id, 'auth')).rejects.toMatchObject({ detail: /started meanwhile/ })
  await begin()
  await expect(change(id, 'auth')).rejects.toMatchObject({ detail: /started meanwhile/ })
})

test('markRestoring: what an earlier restore has changed stays known until it is done', async () => {
  await change(await begin(), 'auth')
  const again = await begin()
  await forgetRestoring(db, all)
  expect(await progress()).toEqual([['auth', 'changed'], ['orders', 'begun'], ['tickets', 'begun']])
  await change(again, 'auth')
  await clearRestoring(db, ['auth'])
  expect(await refused(all)).toContain('half of it is there')
  await clearRestoring(db, all)
  expect(await refused(all)).toBe('')
})
