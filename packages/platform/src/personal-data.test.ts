import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isLockTaken } from './database.ts'
import { uuidv7 } from './ids.ts'
import { erasePeople } from './personal-data.ts'
import { defineService, type Context } from './service.ts'
import { sql } from './sql.ts'

const service = defineService<Context>({ name: 'users', routes: [] })

let it: TestSystem
beforeAll(async () => { it = await startTestSystem([service]) })
afterAll(() => it.stop())

test('erasePeople: what is being delivered is not waited for, since its delivery may wait for this', async () => {
  const { pool, db } = it.context('users')
  const address = 'gone@example.com'
  await pool.query(`
    insert into users.outbox (id, type, data, available_at)
    values ($1, 'orders.order_placed.v1', $2, now() + interval '1 hour')`,
  [uuidv7(), JSON.stringify({ buyer: { name: 'Ann', email: address, locale: 'en' } })])
  const map = { tables: {}, impersonal: {} }
  const erase = () => db.transaction().execute(async tx => {
    // Whoever waited would wait for ever.
    await sql`set local lock_timeout = 0`.run(tx)
    await erasePeople(tx, 'users', map, { user_ids: [], addresses: [address] })
  })
  const relay = await pool.connect()
  await relay.query('begin')
  await relay.query('select from users.outbox for update')

  expect(isLockTaken(await erase().catch((error: unknown) => error))).toBe(true)
  await relay.query('commit')
  relay.release()
  await erase()
  const { rows } = await pool.query<{ data: string }>('select data::text from users.outbox')
  expect(rows.filter(({ data }) => data.includes(address))).toEqual([])
}, 10_000)
