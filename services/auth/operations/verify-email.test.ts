import {
  accountReclaimed, emailVerified, forgotPassword, getMe, login, mailedOften, makeLink,
  passwordResetRequested,
  refresh, register, requestVerification, resetPassword, rolesChanged, userRegistered,
  verificationRequested, verifyEmail, type Session,
} from '@fermata/contracts/auth'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import {
  countRows, endPauses, good_password, mailedToken, newPerson, published,
} from '../test/people.ts'

let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service], { FERMATA_ADMIN_EMAIL: 'First.Admin@example.com' })
  ctx = it.context<Ctx>('auth')
})
afterAll(() => it.stop())

const squatters = 'a sentence of the squatter'
const owners = 'a sentence of the owner'
const signIn = (email: string, password: string) => it.send(login, { body: { email, password } })
const isRefused = async (token: string) => (await it.send(getMe, { token })).status === 401
const isProven = async (token: string) => (await it.send(getMe, { token })).body.email_verified
const linkOf = (user_id: string) => mailedToken(it, userRegistered, user_id)

async function registerAs (email: string, password: string): Promise<Session> {
  await endPauses(ctx)
  const answer = await it.send(register, { body: { email, password, username: 'Somebody' } })
  expect(answer.status).toBe(201)
  return answer.body
}

async function resetLink (email: string, user_id: string): Promise<string> {
  await endPauses(ctx)
  await it.send(forgotPassword, { body: { email } })
  return mailedToken(it, passwordResetRequested, user_id)
}

test('verifyEmail: proves the address once, for the login that asked', async () => {
  const { user, access_token: token } = await newPerson(it)
  const body = { token: await linkOf(user.id) }
  const before = await it.send(getMe, { token })
  expect(before.body).toMatchObject({ email_verified: false, locale: 'en', email: user.email })
  expect((await it.send(verifyEmail, { body, token })).status).toBe(204)
  const again = await it.send(verifyEmail, { body, token })
  expect([again.status, again.problem.type]).toEqual([400, '/problems/auth/bad-link-token'])
  expect(await isProven(token)).toBe(true)
  expect(await published(ctx, emailVerified, user.id)).toHaveLength(1)
})

test('verifyEmail: the link alone, or with anybody else\'s login, proves nothing and stays good', async () => {
  const { user, access_token } = await newPerson(it)
  const other_login = (await signIn(user.email, good_password)).body
  const stranger = await newPerson(it)
  const body = { token: await linkOf(user.id) }
  for (const by of [{}, { token: other_login.access_token }, { token: stranger.access_token }]) {
    const answer = await it.send(verifyEmail, { body, ...by })
    expect([answer.status, answer.problem.type]).toEqual([403, '/problems/auth/proof-needed'])
  }
  const wrong = await it.send(verifyEmail, { body: { ...body, password: 'not this one' } })
  expect([wrong.status, wrong.problem.type]).toEqual([401, '/problems/auth/bad-credentials'])
  expect(await isProven(access_token)).toBe(false)
  const mine = await it.send(verifyEmail, { body: { ...body, password: good_password } })
  expect(mine.status).toBe(204)
  expect(await isProven(access_token)).toBe(true)
})

test('verifyEmail: a new password ends all that could sign in before', async () => {
  const email = `${uuidv7()}@example.com`
  const squatter = await registerAs(email, squatters)
  const body = { token: await linkOf(squatter.user.id) }
  const weak = await it.send(verifyEmail, { body: { ...body, new_password: 'password' } })
  expect([weak.status, weak.problem.type]).toEqual([400, '/problems/auth/weak-password'])
  expect((await it.send(verifyEmail, { body: { ...body, new_password: owners } })).status).toBe(204)
  await it.eventually(() => isRefused(squatter.access_token))
  const renewed = await it.send(refresh, { body: { refresh_token: squatter.refresh_token } })
  expect(renewed.status).toBe(401)
  expect((await signIn(email, squatters)).status).toBe(401)
  expect(await isProven((await signIn(email, owners)).body.access_token)).toBe(true)
  expect(await published(ctx, accountReclaimed, squatter.user.id)).toHaveLength(1)
})

test('register: who comes second and proves the address has it; the first never can', async () => {
  const email = `${uuidv7()}@example.com`
  const squatter = await registerAs(email, squatters)
  const squatters_link = await linkOf(squatter.user.id)
  const squatters_reset = await resetLink(email, squatter.user.id)
  const owner = await registerAs(email, owners)
  expect(await published(ctx, userRegistered, owner.user.id)).toMatchObject([{ mail: 'verify_again' }])
  expect((await it.send(verifyEmail, {
    body: { token: await linkOf(owner.user.id) }, token: owner.access_token })).status).toBe(204)

  expect((await signIn(email, owners)).body.user.id).toBe(owner.user.id)
  expect((await signIn(email, squatters)).status).toBe(401)
  for (const answer of [
    await it.send(verifyEmail, { body: { token: squatters_link, password: squatters } }),
    await it.send(verifyEmail, { body: { token: squatters_link }, token: squatter.access_token }),
    await it.send(resetPassword, { body: { token: squatters_reset, new_password: squatters } }),
  ]) expect([answer.status, answer.problem.type]).toEqual([400, '/problems/auth/bad-link-token'])
  await endPauses(ctx)
  await it.send(requestVerification, { token: squatter.access_token })
  expect(await published(ctx, verificationRequested, squatter.user.id))
    .toMatchObject([{ mail: 'exists' }])
  const late = await mailedToken(it, verificationRequested, squatter.user.id)
  const answer = await it.send(verifyEmail, { body: { token: late, password: squatters } })
  expect([answer.status, await isProven(squatter.access_token)]).toEqual([400, false])
})

test('register: an address that has an account gets another, which works and proves nothing', async () => {
  const owner = await newPerson(it)
  await it.send(verifyEmail,
    { body: { token: await linkOf(owner.user.id) }, token: owner.access_token })
  const later = await registerAs(owner.user.email.toUpperCase(), squatters)
  expect(Object.keys(later)).toEqual(Object.keys(owner))
  expect((await it.send(getMe, { token: later.access_token })).body)
    .toMatchObject({ id: later.user.id, email: owner.user.email, email_verified: false })
  expect(await published(ctx, userRegistered, later.user.id)).toMatchObject([{ mail: 'exists' }])
  expect((await signIn(owner.user.email, squatters)).status).toBe(401)
  expect((await signIn(owner.user.email, good_password)).body.user.id).toBe(owner.user.id)
  expect(await resetLink(owner.user.email, owner.user.id)).toHaveLength(43)
})

test('register: of two accounts that prove one address at once, one has it', async () => {
  const email = `${uuidv7()}@example.com`
  const people = [await registerAs(email, squatters), await registerAs(email, owners)]
  const links = await Promise.all(people.map(({ user }) => linkOf(user.id)))
  const answers = await Promise.all(people.map(({ access_token }, index) =>
    it.send(verifyEmail, { body: { token: links[index]! }, token: access_token })))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 400])
  expect(await countRows(ctx, 'accounts',
    `email = '${email}' and email_verified_at is not null`)).toBe(1)
})

test('register: one network cannot give an address as many accounts as it likes', async () => {
  const body = { email: `${uuidv7()}@example.com`, password: owners, username: 'Again' }
  const statuses = []
  for (let round = 0; round < 12; round++) statuses.push((await it.send(register, { body })).status)
  expect(statuses).toEqual([...Array.from({ length: 10 }, () => 201), 429, 429])
})

test('verifyEmail: the address of the settings makes the first administrator, and only with both proofs', async () => {
  const email = 'first.admin@example.com'
  const squatter = await registerAs(email, squatters)
  const token = await linkOf(squatter.user.id)
  expect((await it.send(verifyEmail, { body: { token } })).status).toBe(403)
  expect((await signIn(email, squatters)).body.user.roles).toEqual(['user'])
  expect((await it.send(verifyEmail, { body: { token, new_password: owners } })).status).toBe(204)
  expect((await signIn(email, squatters)).status).toBe(401)
  expect((await signIn(email, owners)).body.user.roles).toEqual(['admin', 'user'])
  expect(await published(ctx, rolesChanged, squatter.user.id)).toHaveLength(1)
})

test('requestVerification: mails a new link after a minute, none to a proven address', async () => {
  const { user, access_token: token } = await newPerson(it)
  const ask = async () => {
    expect((await it.send(requestVerification, { token })).status).toBe(202)
    return published(ctx, verificationRequested, user.id)
  }
  const early = await it.send(requestVerification, { token })
  expect([early.status, early.problem.type]).toEqual([429, mailedOften.type])
  expect(Number(early.headers['retry-after'])).toBeGreaterThan(30)
  expect(Number(early.headers['retry-after'])).toBeLessThanOrEqual(60)
  expect(await published(ctx, verificationRequested, user.id)).toHaveLength(0)
  const former = await linkOf(user.id)
  await endPauses(ctx)
  expect(await ask()).toMatchObject([{ mail: 'verify' }])
  expect((await it.send(verifyEmail, { body: { token: former }, token })).status).toBe(400)
  const body = { token: await mailedToken(it, verificationRequested, user.id) }
  expect((await it.send(verifyEmail, { body, token })).status).toBe(204)
  await endPauses(ctx)
  expect(await ask()).toHaveLength(1)
  expect((await it.send(requestVerification, {})).status).toBe(401)
})

test('makeLink: is for other services, makes as many as a mail is tried, and none once used', async () => {
  const { user, access_token } = await newPerson(it)
  const [event] = await published(ctx, userRegistered, user.id)
  const params = { id: event!.link_id! }
  expect((await it.send(makeLink, { params })).status).toBe(401)
  expect((await it.send(makeLink, { params, token: access_token })).status).toBe(401)
  const [first, second] = [await linkOf(user.id), await linkOf(user.id)]
  expect(first).not.toBe(second)
  for (let round = 0; round < 30; round++) await linkOf(user.id)
  expect(await countRows(ctx, 'link_tokens', `link_id = '${params.id}'`)).toBe(20)
  const body = { token: await linkOf(user.id) }
  expect((await it.send(verifyEmail, { body, token: access_token })).status).toBe(204)
  const token = await it.serviceToken('auth', 'notifications')
  expect((await it.send(makeLink, { params, token })).status).toBe(404)
  expect((await it.send(makeLink, { params: { id: uuidv7() }, token })).status).toBe(404)
})
