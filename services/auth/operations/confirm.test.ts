import {
  confirm, listLogins, login, refresh, setRoles, wrongProof, type Session,
} from '@fermata/contracts/auth'
import { stepUpNeeded } from '@fermata/contracts/problems'
import { confirmed_for_seconds } from '@fermata/platform/caller'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { giveRoles, good_password, newPerson } from '../test/people.ts'

let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('auth')
})
afterAll(() => it.stop())

async function newAdmin (): Promise<Session> {
  const { user } = await newPerson(it)
  await giveRoles(ctx, user.id, ['admin'])
  return (await it.send(login, { body: { email: user.email, password: good_password } })).body
}

/** As if the person had last proven who they are so long ago; their next tokens say so. */
async function age (session: Session, seconds: number): Promise<Session> {
  await ctx.pool.query(`update auth.logins set confirmed_at = now() - $2 * interval '1 second'
    where account_id = $1`, [session.user.id, seconds])
  const { body } = await it.send(refresh, { body: { refresh_token: session.refresh_token } })
  return body
}

async function trySetting (token: string) {
  const { user } = await newPerson(it)
  return it.send(setRoles, {
    token, params: { user_id: user.id }, body: { roles: ['user', 'operator'] },
  })
}

test('confirm: a fresh login counts, its refreshed tokens do for as long, and no longer', async () => {
  const session = await newAdmin()
  expect((await trySetting(session.access_token)).status).toBe(200)
  const young = await age(session, confirmed_for_seconds - 30)
  expect((await trySetting(young.access_token)).status).toBe(200)
  const old = await age(young, confirmed_for_seconds + 1)
  const refused = await trySetting(old.access_token)
  expect([refused.status, refused.problem.type]).toEqual([403, stepUpNeeded.type])
})

test('confirm: the password opens it again, in a new token, a cookie and the tokens that follow', async () => {
  const session = await age(await newAdmin(), 3600)
  const answer = await it.send(confirm, {
    token: session.access_token, body: { password: good_password } })
  expect(answer.status).toBe(200)
  expect(answer.headers['cache-control']).toBe('no-store')
  expect(String(answer.headers['set-cookie'])).toContain(`fermata_access=${answer.body.access_token}`)
  const left_s = (Date.parse(answer.body.confirmed_until) - Date.now()) / 1000
  expect(left_s).toBeGreaterThan(confirmed_for_seconds - 20)
  expect(left_s).toBeLessThanOrEqual(confirmed_for_seconds + 5)
  expect((await trySetting(answer.body.access_token)).status).toBe(200)
  expect((await trySetting(session.access_token)).status).toBe(403)
  const next = await it.send(refresh, { body: { refresh_token: session.refresh_token } })
  expect((await trySetting(next.body.access_token)).status).toBe(200)
})

test('confirm: one login of a person confirms no other of theirs', async () => {
  const first = await age(await newAdmin(), 3600)
  const { body: second } = await it.send(login,
    { body: { email: first.user.email, password: good_password } })
  await it.send(confirm, { token: second.access_token, body: { password: good_password } })
  const next = await it.send(refresh, { body: { refresh_token: first.refresh_token } })
  expect((await trySetting(next.body.access_token)).status).toBe(403)
})

test('confirm: a wrong password confirms nothing, counts as an attempt, and nobody is somebody', async () => {
  const session = await age(await newAdmin(), 3600)
  const guess = (password: string) =>
    it.send(confirm, { token: session.access_token, body: { password } })
  for (let attempt = 0; attempt < 10; attempt++) {
    const answer = await guess(`guess ${attempt}`)
    expect([answer.status, answer.problem.type]).toEqual([401, wrongProof.type])
  }
  expect((await guess(good_password)).status).toBe(429)
  expect((await trySetting(session.access_token)).status).toBe(403)
  expect((await it.send(confirm, { body: { password: good_password } })).status).toBe(401)
})

test('listLogins: tells nothing of confirmations', async () => {
  const { access_token } = await newPerson(it)
  const { body } = await it.send(listLogins, { token: access_token })
  expect(Object.keys(body.items[0]!)).not.toContain('confirmed_at')
})
