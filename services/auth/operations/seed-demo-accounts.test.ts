import { login, userRegistered } from '@fermata/contracts/auth'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { countRows, newPerson, published } from '../test/people.ts'
import { demo_account_ids, refuseDemoAccounts, seedDemoAccounts } from './seed-demo-accounts.ts'

let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('auth')
})
afterAll(() => it.stop())

test('seedDemoAccounts: refuses to run in production', async () => {
  const settings = { ...ctx.settings, NODE_ENV: 'production' as const }
  await expect(seedDemoAccounts({ ...ctx, settings })).rejects.toThrow('not for production')
  expect(await countRows(ctx, 'accounts', 'true')).toBe(0)
})

test('seedDemoAccounts: creates four people who can sign in, once', async () => {
  const own = await newPerson(it, { email: 'operator@example.com' })
  await ctx.pool.query('update auth.accounts set email_verified_at = now()')
  const accounts = await seedDemoAccounts(ctx)
  expect(await seedDemoAccounts(ctx)).toEqual(accounts)
  expect(accounts.map(account => account.email)).toEqual(
    ['admin@example.com', 'eventcreator@example.com', 'operator@example.com', 'user@example.com'])
  for (const role of ['admin', 'event_creator', 'user'] as const) {
    const account = accounts.find(one => one.id === demo_account_ids[role])!
    expect(account.roles).toEqual([role])
    const session = await it.send(login, { body: { email: account.email, password: 'password' } })
    expect(session.status).toBe(200)
    const person = await ctx.tokens.verifyAccess(session.body.access_token)
    expect(person).toMatchObject({ user_id: account.id, roles: [role], email_verified: true })
    expect(await published(ctx, userRegistered, account.id))
      .toMatchObject([{ roles: [role], email_verified: true }])
  }
  expect(accounts.find(one => one.email === own.user.email)).toEqual(own.user)
})

test('refuseDemoAccounts: production does not start where the demo ran', async () => {
  await seedDemoAccounts(ctx)
  const settings = { ...ctx.settings, NODE_ENV: 'production' as const }

  await expect(refuseDemoAccounts({ ...ctx, settings })).rejects.toThrow('admin@example.com')
  await expect(refuseDemoAccounts(ctx)).resolves.toBe(undefined)
})
