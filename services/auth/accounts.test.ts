import {
  changePassword, credentialsDeleted, deleteAccount, deleteCredentials, endLogin, findProvenAccount,
  getKeys, getMe,
  listEndedLogins, listLogins, login, loginEnded, logout, refresh, requestVerification,
  rolesChanged, setRoles,
} from '@fermata/contracts/auth'
import type { DataOf } from '@fermata/contracts/define'
import { profileChanged, settingsChanged } from '@fermata/contracts/users'
import { uuidv7 } from '@fermata/platform/ids'
import { on } from '@fermata/platform/messages'
import { defineService, type Context, type Handler } from '@fermata/platform/service'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import { removeStale } from './operations/remove-stale.ts'
import service from './service.ts'
import { countRows, giveRoles, good_password, newPerson, published } from './test/people.ts'

let it: TestSystem
let ctx: Ctx

/** What others hear of an end; our own outbox forgets it as soon as they have. */
const heard: DataOf<typeof credentialsDeleted>[] = []
const endings: DataOf<typeof loginEnded>[] = []
const hearDeletion: Handler<typeof credentialsDeleted, Context> = async (_ctx, _tx, events) => {
  heard.push(...events.map(({ data }) => data))
}
const hearEnding: Handler<typeof loginEnded, Context> = async (_ctx, _tx, events) => {
  endings.push(...events.map(({ data }) => data))
}
const listener = defineService<Context>({
  name: 'events', routes: [],
  subscriptions: [on(credentialsDeleted, hearDeletion), on(loginEnded, hearEnding)],
})

beforeAll(async () => {
  it = await startTestSystem([service, listener])
  ctx = it.context<Ctx>('auth')
})
afterAll(() => it.stop())

const isRefused = async (token: string) => (await it.send(getMe, { token })).status === 401
const signIn = (email: string) => it.send(login, { body: { email, password: good_password } })

async function newAdmin () {
  const { user } = await newPerson(it, { username: 'Ada Admin' })
  await giveRoles(ctx, user.id, ['admin'])
  return (await signIn(user.email)).body
}

test('getMe: needs a token, ours, of an account that exists', async () => {
  const session = await newPerson(it)
  expect((await it.send(getMe, { token: session.access_token })).body.id).toBe(session.user.id)
  expect((await it.send(getMe, {})).status).toBe(401)
  expect((await it.send(getMe, { token: `${session.access_token}x` })).status).toBe(401)
})

test('getMe: changePassword: requestVerification: deleteCredentials: a token outlives its account for no purpose', async () => {
  const token = await it.personToken()
  for (const answer of [
    await it.send(getMe, { token }),
    await it.send(requestVerification, { token }),
    await it.send(changePassword, {
      token, body: { current_password: good_password, new_password: 'another sentence' } }),
    await it.send(deleteCredentials, { token, body: { password: good_password } }),
  ]) {
    expect([answer.status, answer.problem.type]).toEqual([401, '/problems/auth/account-gone'])
  }
})

test('logout: ends the login within a second and removes the cookies', async () => {
  const session = await newPerson(it)
  const answer = await it.send(logout, { token: session.access_token })
  expect(answer.status).toBe(204)
  expect(answer.headers['set-cookie']).toEqual([
    'fermata_access=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
    'fermata_refresh=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
  ])
  const started = performance.now()
  await it.eventually(() => isRefused(session.access_token))
  expect(performance.now() - started).toBeLessThan(1000)
  const body = { refresh_token: session.refresh_token }
  expect((await it.send(refresh, { body })).status).toBe(401)
  expect((await it.send(logout, {})).status).toBe(401)
})

test('logout: a foreign page cannot sign anybody out with their cookie', async () => {
  const session = await newPerson(it)
  const cookie = `fermata_access=${session.access_token}`
  const foreign = await it.send(logout, { cookie, headers: { origin: 'https://evil.example' } })
  expect(foreign.status).toBe(403)
  const own = await it.send(logout, { cookie, headers: { origin: ctx.settings.PUBLIC_URL } })
  expect(own.status).toBe(204)
})

test('listLogins: keeps the address that a proxy forwarded, and nothing that is none', async () => {
  for (const [from, kept] of [['198.51.100.7', '198.51.100.7'], ['<b>the moon</b>', null]] as const) {
    const headers = { 'x-forwarded-for': from }
    const { access_token: token, refresh_token } = await newPerson(it, { headers })
    const listed = async () => (await it.send(listLogins, { token, query: {} })).body.items
    expect(await listed()).toMatchObject([{ address: kept }])
    await it.send(refresh, { body: { refresh_token }, headers })
    expect(await listed()).toMatchObject([{ address: kept }])
  }
})

test('listLogins: shows the own ones newest first, page by page', async () => {
  const first = await newPerson(it, { headers: { 'user-agent': 'Phone/1' } })
  const second = (await signIn(first.user.email)).body
  await newPerson(it)
  const page = await it.send(listLogins, { token: second.access_token, query: { limit: 1 } })
  expect(page.body.items).toMatchObject([{ is_current: true, address: '127.0.0.1' }])
  const cursor = page.body.next_cursor!
  const rest = await it.send(listLogins, {
    token: second.access_token, query: { limit: 1, cursor } })
  expect(rest.body.items).toMatchObject([{ is_current: false, user_agent: 'Phone/1' }])
  expect(rest.body.next_cursor).toBe(null)
  const wrong = await it.send(listLogins, { token: second.access_token, query: { cursor: 'mine' } })
  expect(wrong.status).toBe(400)
  expect((await it.send(listLogins, {})).status).toBe(401)
})

test('endLogin: ends an own login, and another person\'s does not exist', async () => {
  const owner = await newPerson(it)
  const other = (await signIn(owner.user.email)).body
  const stranger = await newPerson(it)
  const { items } = (await it.send(listLogins, { token: owner.access_token })).body
  const id = items.find(item => !item.is_current)!.id
  const end = async (token?: string) =>
    (await it.send(endLogin, { params: { id }, ...(token && { token }) })).status
  expect(await end(stranger.access_token)).toBe(404)
  expect(await end()).toBe(401)
  expect(await end(owner.access_token)).toBe(204)
  await it.eventually(() => isRefused(other.access_token))
  expect(await isRefused(owner.access_token)).toBe(false)
  expect(await end(owner.access_token)).toBe(404)
})

test('login: of more logins than anybody has the longest unused one ends', async () => {
  const { user, access_token } = await newPerson(it)
  await ctx.pool.query(`insert into auth.logins (id, account_id)
    select gen_random_uuid(), $1 from generate_series(1, 49)`, [user.id])
  await signIn(user.email)
  expect(await countRows(ctx, 'logins', `account_id = '${user.id}'`)).toBe(50)
  await it.eventually(() => isRefused(access_token))
})

test('setRoles: gives a role, ends the logins that lacked it and tells the others', async () => {
  const admin = await newAdmin()
  const { user, access_token } = await newPerson(it)
  const input = { params: { user_id: user.id }, body: { roles: ['event_creator', 'user'] } }
  expect((await it.send(setRoles, { ...input, token: access_token })).status).toBe(403)
  expect((await it.send(setRoles, input)).status).toBe(401)
  const answer = await it.send(setRoles, { ...input, token: admin.access_token })
  expect(answer.body).toEqual({ ...user, roles: ['event_creator', 'user'] })
  await it.eventually(() => isRefused(access_token))
  const again = (await signIn(user.email)).body
  expect(again.user.roles).toEqual(['event_creator', 'user'])
  await it.send(setRoles, { ...input, token: admin.access_token })
  expect(await isRefused(again.access_token)).toBe(false)
  expect(await published(ctx, rolesChanged, user.id)).toMatchObject([{ changed_by: admin.user.id }])
  const nobody = { ...input, params: { user_id: uuidv7() }, token: admin.access_token }
  expect((await it.send(setRoles, nobody)).status).toBe(404)
  const odd = { ...input, body: { roles: ['owner'] }, token: admin.access_token }
  expect((await it.send(setRoles, odd)).status).toBe(400)
})

test('setRoles: of two administrators who remove each other one remains', async () => {
  await ctx.pool.query("update auth.accounts set roles = '{user}'")
  const [one, two] = [await newAdmin(), await newAdmin()]
  const demote = (by: typeof one, whom: typeof one) => it.send(setRoles, {
    token: by.access_token, params: { user_id: whom.user.id }, body: { roles: ['user'] } })
  const answers = await Promise.all([demote(one, two), demote(two, one)])
  expect(answers.map(answer => answer.status).toSorted()).toEqual([200, 409])
  expect(answers.find(answer => answer.status === 409)?.problem.type)
    .toBe('/problems/auth/last-admin')
  expect(await countRows(ctx, 'accounts', "'admin' = any (roles)")).toBe(1)
})

test('deleteCredentials: needs the password, ends everything and tells the others', async () => {
  const { user, access_token: token } = await newPerson(it)
  const wrong = await it.send(deleteCredentials, { token, body: { password: 'not this one' } })
  expect([wrong.status, wrong.problem.type]).toEqual([401, '/problems/auth/bad-credentials'])
  const answer = await it.send(deleteCredentials, { token, body: { password: good_password } })
  expect(answer.status).toBe(204)
  expect(answer.headers['set-cookie']).toHaveLength(2)
  await it.eventually(() => isRefused(token))
  const told = await it.eventually(async () => heard.find(data => data.user_id === user.id))
  expect(told).toMatchObject({ email: user.email, email_verified: false })
  await it.eventually(async () => endings.some(data => data.user_id === user.id))
  expect((await signIn(user.email)).status).toBe(401)
  expect(await countRows(ctx, 'logins', `account_id = '${user.id}'`)).toBe(0)
  await newPerson(it, { email: user.email })
  expect((await it.send(deleteCredentials, { body: { password: 'x' } })).status).toBe(401)
})

test('deleteCredentials: the last administrator stays', async () => {
  await ctx.pool.query("update auth.accounts set roles = '{user}'")
  const { access_token: token } = await newAdmin()
  const answer = await it.send(deleteCredentials, { token, body: { password: good_password } })
  expect([answer.status, answer.problem.type]).toEqual([409, '/problems/auth/last-admin'])
})

test('deleteAccount: is for other services, works twice and keeps the last administrator', async () => {
  await ctx.pool.query("update auth.accounts set roles = '{user}'")
  const admin = await newAdmin()
  const { user, access_token } = await newPerson(it)
  const params = { user_id: user.id }
  expect((await it.send(deleteAccount, { params, token: admin.access_token })).status).toBe(401)
  const token = await it.serviceToken('auth', 'users')
  expect((await it.send(deleteAccount, { params, token })).status).toBe(204)
  expect((await it.send(deleteAccount, { params, token })).status).toBe(204)
  await it.eventually(() => isRefused(access_token))
  const last = await it.send(deleteAccount, { params: { user_id: admin.user.id }, token })
  expect([last.status, last.problem.type]).toEqual([409, '/problems/auth/last-admin'])
})

test('getKeys: its key verifies an access token, and no private part is shown', async () => {
  const { access_token, user } = await newPerson(it)
  const { body } = await it.send(getKeys, {})
  expect(Object.keys(body.keys[0]!).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
  const { payload } = await jwtVerify(access_token, createLocalJWKSet(body),
    { issuer: 'fermata', audience: 'fermata:api' })
  expect(payload.sub).toBe(user.id)
})

test('listEndedLogins: tells services what a process that starts must refuse', async () => {
  const { user, access_token } = await newPerson(it)
  const since = new Date(Date.now() - 60_000).toISOString()
  await it.send(logout, { token: access_token })
  const token = await it.serviceToken('auth')
  const endedSince = async (since: string) =>
    (await it.send(listEndedLogins, { token, query: { since } })).body.items
  const items = await endedSince(since)
  expect(items.filter(item => item.user_id === user.id)).toHaveLength(1)
  const later = new Date(Date.now() + 60_000).toISOString()
  expect(await endedSince(later)).toEqual([])
  expect((await it.send(listEndedLogins, { query: { since } })).status).toBe(401)
  const person = await it.personToken({ roles: ['admin'] })
  expect((await it.send(listEndedLogins, { token: person, query: { since } })).status).toBe(401)
})

test('followLocales: followNames: the newest news counts, in whatever order it comes', async () => {
  const { user, access_token: token } = await newPerson(it)
  const settings = { email_notifications: true, in_app_notifications: true,
    sms_notifications: false, reminders: true }
  const base = { user_id: user.id, email: user.email, phone: null }
  const at = (second: number) => `2030-01-01T00:00:0${second}.000Z`
  await ctx.transaction(async tx => {
    await ctx.publish(tx, settingsChanged, [
      { ...base, settings: { ...settings, locale: 'fr' }, changed_at: at(2) },
      { ...base, settings: { ...settings, locale: 'en' }, changed_at: at(1) },
    ])
    await ctx.publish(tx, profileChanged, [
      { user_id: user.id, username: 'Newest', changed_at: at(3) },
      { user_id: user.id, username: 'Older', changed_at: at(1) },
    ])
  })
  const me = await it.eventually(async () => {
    const { body } = await it.send(getMe, { token })
    return body.locale === 'fr' && body.username === 'Newest' && body
  })
  await ctx.transaction(tx => ctx.publish(tx, profileChanged,
    [{ user_id: user.id, username: 'Late', changed_at: at(2) }]))
  await it.eventually(async () => await countRows(ctx, 'outbox', 'sent_at is null') === 0)
  expect((await it.send(getMe, { token })).body).toEqual(me)
})

test('removeStale: forgets what is old and keeps what is in use', async () => {
  const [used, unused] = [await newPerson(it), await newPerson(it)]
  await ctx.pool.query(`update auth.logins set last_used_at = now() - interval '31 days'
    where account_id = $1`, [unused.user.id])
  await ctx.pool.query("update auth.attempts set last_at = now() - interval '2 days'")
  await ctx.pool.query("update auth.ended_logins set ended_at = now() - interval '2 days'")
  await removeStale(ctx)
  expect(await countRows(ctx, 'logins', `account_id = '${unused.user.id}'`)).toBe(0)
  expect(await countRows(ctx, 'attempts', 'true')).toBe(0)
  expect(await countRows(ctx, 'ended_logins', 'true')).toBe(0)
  const body = { refresh_token: used.refresh_token }
  expect((await it.send(refresh, { body })).status).toBe(200)
})

test('findProvenAccount: whose address it is, for services alone; whoever only claims it is nobody', async () => {
  const { user } = await newPerson(it)
  const find = async (email: string) => (await it.send(findProvenAccount, {
    body: { email }, token: await it.serviceToken('auth', 'events') })).body.user_id
  expect(await find(user.email)).toBeNull()
  await ctx.pool.query('update auth.accounts set email_verified_at = now() where id = $1',
    [user.id])
  expect(await find(user.email.toUpperCase())).toBe(user.id)
  expect(await find('nobody@example.org')).toBeNull()
  const token = await it.personToken({ roles: ['admin'] })
  const by_person = await it.send(findProvenAccount, { body: { email: user.email }, token })
  expect(by_person.status).toBe(401)
})

test('forgetAccounts: what was told of an account goes with it, its end as well', async () => {
  const person = await newPerson(it)
  await it.send(deleteCredentials,
    { token: person.access_token, body: { password: good_password } })
  const told = () => countRows(ctx, 'outbox', `data::text like '%${person.user.id}%'`)
  await it.eventually(async () => await told() === 0)
  expect(await told()).toBe(0)
})
