import {
  changePassword, emailVerified, forgotPassword, getMe, login, passwordResetRequested,
  requestVerification, resetPassword, rolesChanged, userRegistered, verificationRequested,
  verifyEmail,
} from '@fermata/contracts/auth'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import service from './service.ts'
import { good_password, newPerson, published } from './test/people.ts'

let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service], { FERMATA_ADMIN_EMAIL: 'First.Admin@example.com' })
  ctx = it.context<Ctx>('auth')
})
afterAll(() => it.stop())

const new_password = 'a different sentence'
const signIn = (email: string, password: string) => it.send(login, { body: { email, password } })
const isRefused = async (token: string) => (await it.send(getMe, { token })).status === 401

/** Asks for a link and takes its token from the event that mails it. */
async function forgotten (person: { id: string, email: string }): Promise<string> {
  await it.send(forgotPassword, { body: { email: person.email } })
  const event = await it.eventually(async () =>
    (await published(ctx, passwordResetRequested, person.id)).at(-1), 'a link')
  return event.token
}

test('changePassword: ends the other logins and keeps the one that asked', async () => {
  const { user, access_token } = await newPerson(it)
  const other = await signIn(user.email, good_password)
  const answer = await it.send(changePassword, {
    token: access_token, body: { current_password: good_password, new_password } })
  expect(answer.status).toBe(204)
  await it.eventually(() => isRefused(other.body.access_token))
  expect(await isRefused(access_token)).toBe(false)
  expect((await signIn(user.email, good_password)).status).toBe(401)
  expect((await signIn(user.email, new_password)).status).toBe(200)
})

test('changePassword: needs the current password, a better new one, and somebody signed in', async () => {
  const { user, access_token: token } = await newPerson(it)
  const wrong = await it.send(changePassword, {
    token, body: { current_password: 'not this one', new_password } })
  expect([wrong.status, wrong.problem.type]).toEqual([401, '/problems/auth/bad-credentials'])
  const weak = await it.send(changePassword, {
    token, body: { current_password: good_password, new_password: user.email } })
  expect([weak.status, weak.problem.type]).toEqual([400, '/problems/auth/weak-password'])
  const body = { current_password: good_password, new_password }
  expect((await it.send(changePassword, { body })).status).toBe(401)
})

test('changePassword: of two at once one succeeds', async () => {
  const { access_token: token } = await newPerson(it)
  const answers = await Promise.all(['first sentence', 'second sentence'].map(password =>
    it.send(changePassword, {
      token, body: { current_password: good_password, new_password: password } })))
  expect(answers.map(answer => answer.status).toSorted()).toEqual([204, 401])
})

test('forgotPassword: answers alike for everybody and mails one link a minute to an account', async () => {
  const { user } = await newPerson(it)
  const unknown = await it.send(forgotPassword, { body: { email: 'nobody@example.com' } })
  const known = await it.send(forgotPassword, { body: { email: user.email.toUpperCase() } })
  expect([unknown.status, known.status]).toEqual([202, 202])
  expect(known.bytes.equals(unknown.bytes)).toBe(true)
  const [event] = await it.eventually(async () => {
    const events = await published(ctx, passwordResetRequested, user.id)
    return events.length > 0 && events
  })
  expect(event).toMatchObject({ email: user.email, locale: 'en' })
  const minutes = (Date.parse(event!.expires_at) - Date.now()) / 60_000
  expect(minutes).toBeGreaterThan(58)
  expect(minutes).toBeLessThan(61)
  await it.send(forgotPassword, { body: { email: user.email } })
  // The job of another person comes after: when it is done, the second of the first is, too.
  await forgotten((await newPerson(it)).user)
  expect(await published(ctx, passwordResetRequested, user.id)).toHaveLength(1)
})

test('requestReset: stores no token that could be used', async () => {
  const { user } = await newPerson(it)
  const token = await forgotten(user)
  const { rows } = await ctx.pool.query('select * from auth.link_tokens where account_id = $1', [user.id])
  expect(rows).toHaveLength(2)
  expect(JSON.stringify(rows)).not.toContain(token)
})

test('resetPassword: sets the password once, ends all logins and proves the address', async () => {
  const { user, access_token } = await newPerson(it)
  const token = await forgotten(user)
  const weak = await it.send(resetPassword, { body: { token, new_password: 'password' } })
  expect([weak.status, weak.problem.type]).toEqual([400, '/problems/auth/weak-password'])
  const answers = await Promise.all([1, 2].map(() =>
    it.send(resetPassword, { body: { token, new_password } })))
  expect(answers.map(answer => answer.status).toSorted()).toEqual([204, 400])
  await it.eventually(() => isRefused(access_token))
  const session = await signIn(user.email, new_password)
  expect(session.status).toBe(200)
  const me = await it.send(getMe, { token: session.body.access_token })
  expect(me.body.email_verified).toBe(true)
  expect(await published(ctx, emailVerified, user.id)).toHaveLength(1)
})

test('resetPassword: an old link, a replaced link and a link of another kind are refused', async () => {
  const { user } = await newPerson(it)
  const token = await forgotten(user)
  const [registered] = await published(ctx, userRegistered, user.id)
  const refusals = [
    async () => registered!.verification_token!,
    async () => {
      await ctx.pool.query(`update auth.link_tokens set created_at = now() - interval '2 hours',
        expires_at = now() - interval '1 second' where account_id = $1`, [user.id])
      return token
    },
    async () => {
      await it.send(forgotPassword, { body: { email: user.email } })
      await it.eventually(async () =>
        (await published(ctx, passwordResetRequested, user.id)).length === 2)
      return token
    },
  ]
  for (const refusal of refusals) {
    const answer = await it.send(resetPassword, { body: { token: await refusal(), new_password } })
    expect([answer.status, answer.problem.type]).toEqual([400, '/problems/auth/bad-link-token'])
  }
})

test('verifyEmail: proves the address once', async () => {
  const { user, access_token } = await newPerson(it)
  const [registered] = await published(ctx, userRegistered, user.id)
  const body = { token: registered!.verification_token! }
  const before = await it.send(getMe, { token: access_token })
  expect(before.body).toMatchObject({ email_verified: false, locale: 'en', email: user.email })
  expect((await it.send(verifyEmail, { body })).status).toBe(204)
  const again = await it.send(verifyEmail, { body })
  expect([again.status, again.problem.type]).toEqual([400, '/problems/auth/bad-link-token'])
  expect((await it.send(getMe, { token: access_token })).body.email_verified).toBe(true)
  expect(await published(ctx, emailVerified, user.id)).toHaveLength(1)
})

test('verifyEmail: the address of the settings makes the first administrator, and only the first', async () => {
  const { user } = await newPerson(it, { email: 'first.admin@example.com' })
  const verifyNow = async () => {
    const [registered] = await published(ctx, userRegistered, user.id)
    return it.send(verifyEmail, { body: { token: registered!.verification_token! } })
  }
  expect((await signIn(user.email, good_password)).body.user.roles).toEqual(['user'])
  expect((await verifyNow()).status).toBe(204)
  expect((await signIn(user.email, good_password)).body.user.roles).toEqual(['admin', 'user'])
  expect(await published(ctx, rolesChanged, user.id)).toHaveLength(1)
})

test('requestVerification: mails a new link after a minute, none to a proven address', async () => {
  const { user, access_token: token } = await newPerson(it)
  const ask = async () => {
    expect((await it.send(requestVerification, { token })).status).toBe(202)
    return published(ctx, verificationRequested, user.id)
  }
  expect(await ask()).toHaveLength(0)
  const age = () => ctx.pool.query(`update auth.link_tokens
    set created_at = created_at - interval '2 minutes' where account_id = $1`, [user.id])
  await age()
  const [event] = await ask()
  expect((await it.send(verifyEmail, { body: { token: event!.token } })).status).toBe(204)
  expect(await ask()).toHaveLength(1)
  expect((await it.send(requestVerification, {})).status).toBe(401)
})
