import { addressErased } from '@fermata/contracts/users'
import { uuidv7 } from '@fermata/platform/ids'
import { subjectOfAddress } from '@fermata/platform/personal-data'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { eraseRestoredAddresses } from './erase-restored-addresses.ts'

let it: TestSystem
beforeAll(async () => { it = await startTestSystem([service]) })
afterAll(() => it.stop())

test('eraseRestoredAddresses: who wanted nothing kept is erased again, found by a hash alone', async () => {
  const ctx = it.context<Ctx>('users')
  for (const email of ['eve@example.com', 'ann@example.com']) await ctx.pool.query(`
    insert into users.purchases (order_id, email, code, event_id, event_title, status,
      ticket_count, total_minor, currency, purchased_at)
    values ($1::uuid, $2, 'CODE', $1::uuid, 'An evening', 'completed', 1, 0, 'EUR', now())`, [uuidv7(), email])
  const at = new Date().toISOString()
  const data = {
    backup_id: uuidv7(), taken_at: at, restored_at: at, account_ids: [], order_ids: [],
    ticket_ids: [], address_digests: [subjectOfAddress('eve@example.com').toString('hex')],
  }
  await ctx.transaction(tx =>
    eraseRestoredAddresses(ctx, tx, [{ id: uuidv7(), data, request_id: null, created_at: at }]))

  const left = async () => (await ctx.pool.query('select email from users.purchases')).rows
  await it.eventually(async () => (await left()).length === 1, `${addressErased.type} to be handled`)
  expect(await left()).toEqual([{ email: 'ann@example.com' }])
})
