import {
  changePassword, emailVerified, forgotPassword, getMe, login, passwordResetRequested,
  resetPassword, userRegistered,
} from '@fermata/contracts/auth'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import service from './service.ts'
import { endPauses, good_password, mailedToken, newPerson, published } from './test/people.ts'

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

/** Asks for a link and makes its token, as for the mail. */
async function forgotten (person: { id: string, email: string }): Promise<string> {
  await it.send(forgotPassword, { body: { email: person.email } })
  return mailedToken(it, passwordResetRequested, person.id)
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

test('forgotPassword: whoever asks again and again makes five mails to an account, then one an hour', async () => {
  const { user } = await newPerson(it)
  const askAfter = async (minutes: number) => {
    await ctx.pool.query(
      'update auth.mail_pauses set last_at = last_at - $1 * interval \'1 minute\'', [minutes])
    await it.send(forgotPassword, { body: { email: user.email } })
    // The job of another person comes after: when it is done, this one is, too.
    await forgotten((await newPerson(it)).user)
    return (await published(ctx, passwordResetRequested, user.id)).length
  }
  const counts: number[] = []
  for (let ask = 0; ask < 7; ask++) counts.push(await askAfter(2))
  expect(counts).toEqual([1, 2, 3, 4, 5, 5, 5])
  expect(await askAfter(60)).toBe(6)
  expect(await askAfter(2)).toBe(6)
})

test('forgotPassword: accounts with several spellings of one letter box share its mails', async () => {
  const [name, domain] = ['box', `${uuidv7()}.example.com`]
  const spellings = [`${name}@${domain}`, `${name}+1@${domain}`, `${name}+2@${domain}`]
  const users = []
  for (const email of spellings) users.push((await newPerson(it, { email })).user)
  await endPauses(ctx)
  for (const { email } of users) await it.send(forgotPassword, { body: { email } })
  // The job of another person comes after: when it is done, these are, too.
  await forgotten((await newPerson(it)).user)
  const counts = await Promise.all(users.map(async ({ id }) =>
    (await published(ctx, passwordResetRequested, id)).length))
  expect(counts.toSorted()).toEqual([0, 0, 1])
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
  await it.send(forgotPassword, { body: { email: user.email } })
  // The job of another person comes after: when it is done, the second of the first is, too.
  await forgotten((await newPerson(it)).user)
  expect(await published(ctx, passwordResetRequested, user.id)).toHaveLength(1)
})

test('requestReset: stores no token that could be used', async () => {
  const { user } = await newPerson(it)
  const token = await forgotten(user)
  const { rows } = await ctx.pool.query(`select t.*, encode(t.hash, 'hex'),
      round(extract(epoch from t.expires_at - now()) / 60) as minutes
    from auth.link_tokens as t join auth.links as l on l.id = t.link_id
   where l.account_id = $1`, [user.id])
  expect(rows).toHaveLength(1)
  expect(Number(rows[0].minutes)).toBe(60)
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
  const refusals = [
    () => mailedToken(it, userRegistered, user.id),
    async () => {
      await ctx.pool.query(`update auth.link_tokens set created_at = now() - interval '2 hours',
        expires_at = now() - interval '1 second' where hash = sha256($1)`, [token])
      return token
    },
    async () => {
      await endPauses(ctx)
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

