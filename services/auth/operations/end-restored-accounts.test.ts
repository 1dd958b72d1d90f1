import { credentialsDeleted, register } from '@fermata/contracts/auth'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { endRestoredAccounts } from './end-restored-accounts.ts'

let it: TestSystem
beforeAll(async () => { it = await startTestSystem([service]) })
afterAll(() => it.stop())

test('endRestoredAccounts: an account that a copy brought back ends again, and all are told', async () => {
  const ctx = it.context<Ctx>('auth')
  const signUp = async (email: string) => {
    const body = { email, password: 'correct horse battery', username: 'Eve', locale: 'en' }
    expect((await it.send(register, { body })).status).toBe(201)
    const { rows } = await ctx.pool.query('select id from auth.accounts where email = $1', [email])
    return rows[0].id as string
  }
  const [gone, stays] = [await signUp('eve@example.com'), await signUp('ann@example.com')]
  const at = new Date().toISOString()
  const data = {
    backup_id: uuidv7(), taken_at: at, restored_at: at, account_ids: [gone, uuidv7()],
    order_ids: [], ticket_ids: [], address_digests: [],
  }
  await ctx.transaction(tx =>
    endRestoredAccounts(ctx, tx, [{ id: uuidv7(), data, request_id: null, created_at: at }]))

  expect((await ctx.pool.query('select id from auth.accounts')).rows).toEqual([{ id: stays }])
  const told = await ctx.pool.query(
    `select from auth.outbox_events where type = $1 and data ->> 'user_id' = $2`,
    [credentialsDeleted.type, gone])
  const known = await ctx.pool.query('select from auth.erasures where user_id = $1', [gone])
  // What was told is forgotten as soon as everybody has heard.
  expect(told.rowCount! + known.rowCount!).toBeGreaterThan(0)
})
