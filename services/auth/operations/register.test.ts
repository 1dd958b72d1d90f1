import { register, userRegistered } from '@fermata/contracts/auth'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { countRows, good_password, newPerson, published } from '../test/people.ts'

let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('auth')
})
afterAll(() => it.stop())

const body = { email: 'new@example.com', password: good_password, username: ' Nia New ' }

test('register: creates an account of the lowest role, signs it in and tells the others', async () => {
  const answer = await it.send(register, { body: { ...body, locale: 'fr' } })
  expect(answer.status).toBe(201)
  const { user } = answer.body
  expect(user).toMatchObject({ email: 'new@example.com', username: 'Nia New', roles: ['user'] })
  expect(answer.headers['set-cookie']).toHaveLength(3)
  expect(answer.headers['cache-control']).toBe('no-store')
  const [event] = await published(ctx, userRegistered, user.id)
  expect(event).toMatchObject({ email: 'new@example.com', locale: 'fr', roles: ['user'] })
  expect(event).toMatchObject({ email_verified: false, mail: 'verify' })
})

test('register: keeps neither password nor token as they are', async () => {
  const session = await newPerson(it, { email: 'kept@example.com' })
  const secrets = [good_password, session.access_token, session.refresh_token]
  for (const table of ['accounts', 'logins', 'refresh_tokens', 'links', 'link_tokens', 'idempotency_keys', 'outbox']) {
    const { rows } = await ctx.pool.query(`select t::text as text from auth.${table} as t`)
    const text = JSON.stringify(rows)
    expect(secrets.filter(secret => text.includes(secret)), table).toEqual([])
  }
  const { rows } = await ctx.pool.query('select password_hash from auth.accounts')
  expect(rows[0].password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
})

test('register: a key does not make its tokens be kept', async () => {
  const keyed = { body: { ...body, email: 'keyed@example.com' }, key: 'the-same-key' }
  expect((await it.send(register, keyed)).status).toBe(201)
  expect((await it.send(register, keyed)).status).toBe(201)
  expect(await countRows(ctx, 'idempotency_keys', 'true')).toBe(0)
})

test('register: refuses passwords that are tried first, names and emails', async () => {
  for (const password of ['password', 'Password1', 'aaaaaaaaaaaa', 'weak@example.com', 'WeakPerson']) {
    const answer = await it.send(register, {
      body: { email: 'weak@example.com', password, username: 'weakperson' } })
    expect([password, answer.status, answer.problem.type])
      .toEqual([password, 400, '/problems/auth/weak-password'])
  }
})

test('register: refuses wrong fields by name, roles among them', async () => {
  const answer = await it.send(register, {
    body: { email: 'not an address', password: 'short', username: '  ', roles: ['admin'] } })
  expect(answer.status).toBe(400)
  expect(answer.problem.errors?.map(error => error.field).toSorted())
    .toEqual(['email', 'password', 'roles', 'username'])
  expect(await countRows(ctx, 'accounts', "'admin' = any (roles)")).toBe(0)
})
