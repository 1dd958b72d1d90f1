import { getMe, refresh, type Session } from '@fermata/contracts/auth'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { countRows, newPerson } from '../test/people.ts'

let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('auth')
})
afterAll(() => it.stop())

const phone = { 'user-agent': 'Phone/1' }
const renew = (refresh_token: string, headers: Record<string, string> = phone) =>
  it.send(refresh, { body: { refresh_token }, headers })
const me = (session: Session) => it.send(getMe, { token: session.access_token })

/** Lets so much time pass since the last exchange of every token. */
const passSeconds = (seconds: number) => ctx.pool.query(
  `update auth.refresh_tokens set replaced_at = replaced_at - ${seconds} * interval '1 second'`)

/** The access token of an ended login must be refused within a second. */
async function refusedWithinASecond (session: Session): Promise<void> {
  const started = performance.now()
  await it.eventually(async () => (await me(session)).status === 401)
  expect(performance.now() - started).toBeLessThan(1000)
}

test('refresh: gives the next tokens of the same login', async () => {
  const session = await newPerson(it, { headers: phone })
  const next = await renew(session.refresh_token)
  expect(next.status).toBe(200)
  expect(next.body.refresh_token).not.toBe(session.refresh_token)
  expect(next.body.user).toEqual(session.user)
  expect(next.headers['set-cookie']).toHaveLength(2)
  const [before, after] = await Promise.all(
    [session, next.body].map(({ access_token }) => ctx.tokens.verifyAccess(access_token)))
  expect(after?.login_id).toBe(before?.login_id)
  expect((await renew(next.body.refresh_token)).status).toBe(200)
})

test('refresh: an old token used again ends the login, its tokens are dead within a second', async () => {
  const session = await newPerson(it, { headers: phone })
  const next = await renew(session.refresh_token)
  await passSeconds(11)
  const stolen = await renew(session.refresh_token)
  expect([stolen.status, stolen.problem.type]).toEqual([401, '/problems/auth/bad-refresh-token'])
  await refusedWithinASecond(next.body)
  expect((await renew(next.body.refresh_token)).status).toBe(401)
})

test('refresh: whoever lost the answer may ask again within ten seconds', async () => {
  const session = await newPerson(it, { headers: phone })
  const lost = await renew(session.refresh_token)
  await passSeconds(8)
  const again = await renew(session.refresh_token)
  expect(again.status).toBe(200)
  expect((await me(again.body)).status).toBe(200)
  // From the next exchange on, what was lost is an old token like any other.
  expect((await renew(again.body.refresh_token)).status).toBe(200)
  await passSeconds(11)
  expect((await renew(lost.body.refresh_token)).status).toBe(401)
  await refusedWithinASecond(again.body)
})

test('refresh: another program gets no grace', async () => {
  const session = await newPerson(it, { headers: phone })
  const next = await renew(session.refresh_token)
  expect((await renew(session.refresh_token, { 'user-agent': 'Thief/1' })).status).toBe(401)
  await refusedWithinASecond(next.body)
})

test('refresh: two at once by one browser both go on, by two programs neither does', async () => {
  const browser = await newPerson(it, { headers: phone })
  const both = await Promise.all([1, 2].map(() => renew(browser.refresh_token)))
  expect(both.map(answer => answer.status)).toEqual([200, 200])
  expect(new Set(both.map(answer => answer.body.refresh_token)).size).toBe(2)
  expect((await renew(both[1]!.body.refresh_token)).status).toBe(200)

  const stolen = await newPerson(it, { headers: phone })
  const answers = await Promise.all(['Phone/1', 'Thief/1'].map(agent =>
    renew(stolen.refresh_token, { 'user-agent': agent })))
  expect(answers.map(answer => answer.status).toSorted()).toEqual([200, 401])
  await refusedWithinASecond(answers.find(answer => answer.status === 200)!.body)
})

test('refresh: one token yields no more live ones than a browser has tabs', async () => {
  const session = await newPerson(it, { headers: phone })
  const answers = []
  for (let i = 0; i < 40; i++) answers.push((await renew(session.refresh_token)).status)
  expect(answers.indexOf(401)).toBe(32)
})

test('refresh: takes the cookie from our own pages only', async () => {
  const session = await newPerson(it)
  const cookie = `theme=dark; fermata_refresh=${session.refresh_token}`
  const send = (headers: Record<string, string>) => it.send(refresh, { cookie, headers })
  for (const headers of [{}, { origin: 'https://evil.example' }, { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' }] as Record<string, string>[]) {
    const answer = await send(headers)
    expect([answer.status, answer.problem.type]).toEqual([403, '/problems/request/cross-origin'])
  }
  expect((await send({ origin: ctx.settings.PUBLIC_URL })).status).toBe(200)
})

test('refresh: without a token, with an unknown and with a login of last season it is refused', async () => {
  expect((await it.send(refresh, {})).status).toBe(401)
  expect((await renew('never-given-out-never-given-out')).status).toBe(401)
  const unused = await newPerson(it)
  const ancient = await newPerson(it)
  await ctx.pool.query(`update auth.logins set last_used_at = now() - interval '31 days'
    where account_id = $1`, [unused.user.id])
  await ctx.pool.query(`update auth.logins set created_at = now() - interval '91 days'
    where account_id = $1`, [ancient.user.id])
  for (const session of [unused, ancient]) {
    expect((await renew(session.refresh_token)).status).toBe(401)
  }
  expect(await countRows(ctx, 'ended_logins', `user_id = '${ancient.user.id}'`)).toBe(0)
})

test('refresh: over HTTPS the cookies are bound to the host', async () => {
  const secure = await startTestSystem([service], { PUBLIC_URL: 'https://tickets.example.org' })
  try {
    const session = await newPerson(secure)
    const cookie = (name: string) => ({
      cookie: `${name}=${session.refresh_token}`,
      headers: { origin: 'https://tickets.example.org' },
    })
    const plain = await secure.send(refresh, cookie('fermata_refresh'))
    expect(plain.status).toBe(401)
    const answer = await secure.send(refresh, cookie('__Host-fermata_refresh'))
    expect(answer.status).toBe(200)
    for (const line of [answer.headers['set-cookie']].flat()) {
      expect(line).toMatch(/^__Host-fermata_\w+=.+; Path=\/; .*HttpOnly; SameSite=Lax; Secure$/)
    }
  } finally {
    await secure.stop()
  }
})
