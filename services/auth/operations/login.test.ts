import { login, register } from '@fermata/contracts/auth'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { hash } from '@node-rs/argon2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPasswordHasher } from '../adapters/password-hasher.ts'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { place_failures } from '../guesses.ts'

let it: TestSystem
let ctx: Ctx

const password = 'correct horse battery'
const ann = { email: 'Ann.Login@example.com', password, username: 'Ann' }

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('auth')
  const answer = await it.send(register, { body: ann })
  expect(answer.status).toBe(201)
})
afterAll(() => it.stop())

test('login: signs in with either spelling of the email and sets both cookies', async () => {
  const answer = await it.send(login, { body: { email: 'ann.login@EXAMPLE.com', password } })
  expect(answer.status).toBe(200)
  expect(answer.body.user).toMatchObject({ email: 'ann.login@example.com', roles: ['user'] })
  expect(answer.body.expires_in).toBe(600)
  expect(await ctx.tokens.verifyAccess(answer.body.access_token))
    .toMatchObject({ user_id: answer.body.user.id, email_verified: false })
  expect(answer.headers['set-cookie']).toEqual([
    `fermata_access=${answer.body.access_token}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax`,
    `fermata_refresh=${answer.body.refresh_token}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax`,
    expect.stringMatching(/^fermata_device=[\w-]{43}; Path=\/; Max-Age=34560000; HttpOnly; SameSite=Lax$/),
  ])
})

test('login: a wrong password and an unknown email get the same answer', async () => {
  const wrong = await it.send(login, { body: { email: ann.email, password: 'wrong-password' } })
  const unknown = await it.send(login, { body: { email: 'nobody@example.com', password } })
  expect(wrong.status).toBe(401)
  expect(wrong.problem.type).toBe('/problems/auth/bad-credentials')
  expect(unknown.problem).toEqual(wrong.problem)
  expect(wrong.headers['set-cookie']).toBe(undefined)
})

test('login: wrong types and unknown fields are refused', async () => {
  const answer = await it.send(login, { body: { email: 'no', password: 1, is_admin: true } })
  expect(answer.status).toBe(400)
  expect(answer.problem.errors?.map(error => error.field).toSorted())
    .toEqual(['email', 'is_admin', 'password'])
})

test('login: an unknown email takes as long as a wrong password', async () => {
  const known = await it.send(register, {
    body: { ...ann, email: 'known@example.com' } })
  expect(known.status).toBe(201)
  const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] }
  // In turns, so that whatever else this machine does slows both alike.
  for (let round = 0; round < place_failures - 2; round++) {
    for (const who of ['known', 'unknown'] as const) {
      const started = performance.now()
      const body = { email: `${who}@example.com`, password: 'not this one' }
      expect((await it.send(login, { body })).status).toBe(401)
      times[who].push(performance.now() - started)
    }
  }
  const [fastest_known, fastest_unknown] = [Math.min(...times.known), Math.min(...times.unknown)]
  // Without the hash the unknown would take a tenth; the best of eight has little noise.
  expect(fastest_unknown).toBeGreaterThan(fastest_known / 3)
  expect(fastest_known).toBeGreaterThan(fastest_unknown / 3)
})

test('login: after ten wrong passwords from one network the next must wait, even a hundred at once', async () => {
  const body = { email: 'guessed@example.com', password: 'a guess' }
  const from = (address: string) => ({ 'x-forwarded-for': address })
  const answers = await Promise.all(Array.from({ length: 100 }, () =>
    it.send(login, { body, headers: from('198.51.100.7') })))
  const by_status = Map.groupBy(answers, answer => answer.status)
  const looked_at = by_status.get(401)!.length
  expect(looked_at).toBeGreaterThanOrEqual(place_failures)
  // The first pauses are of seconds, which a busy machine may need to count a hundred.
  expect(looked_at).toBeLessThan(place_failures + 4)
  expect(by_status.get(429)).toHaveLength(100 - looked_at)
  const refused = by_status.get(429)![0]!
  expect(refused.problem.type).toBe('/problems/request/too-many')
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  const elsewhere = await it.send(login, { body, headers: from('203.0.113.9') })
  expect(elsewhere.status).toBe(401)
})

test('login: the owner signs in from elsewhere while somebody guesses, and success forgets typing errors', async () => {
  const body = { email: ann.email, password: 'wrong-password' }
  const headers = { 'x-forwarded-for': '198.51.100.8' }
  for (let attempt = 0; attempt <= place_failures; attempt++) {
    await it.send(login, { body, headers })
  }
  expect((await it.send(login, { body: { ...body, password }, headers })).status).toBe(429)
  for (let round = 0; round < 3; round++) {
    const own = { 'x-forwarded-for': '192.0.2.44' }
    for (let attempt = 0; attempt < place_failures - 1; attempt++) {
      expect((await it.send(login, { body, headers: own })).status).toBe(401)
    }
    expect((await it.send(login, { body: { ...body, password }, headers: own })).status).toBe(200)
  }
})

test('login: whoever comes when too many wait is told to come back, and it counts as no failure', async () => {
  const usual = ctx.resources.passwords
  ctx.resources.passwords = await createPasswordHasher({ at_once: 1, waiting: 0 })
  const headers = { 'x-forwarded-for': '192.0.2.77' }
  const right = { email: ann.email, password }
  const answers = await Promise.all(Array.from({ length: 9 }, () =>
    it.send(login, { body: right, headers })))
  ctx.resources.passwords = usual
  const refused = answers.filter(answer => answer.status === 503)
  expect(refused.length).toBeGreaterThan(0)
  expect(answers.filter(answer => answer.status === 200).length).toBe(9 - refused.length)
  expect(refused[0]!.headers['retry-after']).toBe('2')
  for (let attempt = 1; attempt < place_failures; attempt++) {
    const wrong = await it.send(login, { body: { ...right, password: 'wrong-password' }, headers })
    expect(wrong.status).toBe(401)
  }
})

test('login: a hash made with older parameters is made anew', async () => {
  const old = await hash(password, { memoryCost: 8192, timeCost: 1, parallelism: 1 })
  await ctx.pool.query('update auth.accounts set password_hash = $1 where email = $2',
    [old, 'ann.login@example.com'])
  const body = { email: ann.email, password }
  expect((await it.send(login, { body })).status).toBe(200)
  const { rows } = await ctx.pool.query(
    'select password_hash from auth.accounts where email = $1', ['ann.login@example.com'])
  expect(rows[0].password_hash).toContain('$m=19456,t=2,p=1$')
  expect((await it.send(login, { body })).status).toBe(200)
})

test('login: a password that is changed while it is checked signs nobody in', async () => {
  const client = await ctx.pool.connect()
  try {
    await client.query('begin')
    await client.query(`update auth.accounts set password_hash = password_hash || 'x'
      where email = 'known@example.com'`)
    const answer = it.send(login, { body: { email: 'known@example.com', password } })
    // The login waits at the account's row until the change is committed.
    await it.eventually(async () => {
      const { rows } = await ctx.pool.query(`select from pg_stat_activity
        where wait_event_type = 'Lock' and application_name = 'fermata-auth'`)
      return rows.length > 0
    })
    await client.query('commit')
    expect((await answer).status).toBe(401)
  } finally {
    client.release()
  }
})
