import { emailVerified } from '@fermata/contracts/auth'
import {
  addressLinkRequested, eraseAddress, exportAddress, makeAddressLink, openAddress,
  requestAddressLink,
} from '@fermata/contracts/users'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import { removeStale } from './operations/remove-stale.ts'
import service from './service.ts'
import { newPerson, tell, verification } from './test/news.ts'

// What every service tells of an address is in tests/security/s29-erasure.test.ts.

let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('users')
})
afterAll(() => it.stop())

const newAddress = () => `guest-${uuidv7()}@example.com`
const ask = (email: string) => it.send(requestAddressLink, { body: { email } })

interface Requested { link_id: string, email: string, locale: string, has_account: boolean }

async function requested (email: string): Promise<Requested[]> {
  const { rows } = await ctx.pool.query<{ data: Requested }>(
    "select data from users.outbox_events where type = $1 and data->>'email' = $2 order by id",
    [addressLinkRequested.type, email])
  return rows.map(row => row.data)
}

/** The token as notifications gets it for the mail. */
async function mailedToken (email: string): Promise<string> {
  await ask(email)
  const { link_id } = (await requested(email)).at(-1)!
  return (await makeToken(link_id)).body.token
}

const makeToken = async (id: string) => it.send(makeAddressLink,
  { params: { id }, token: await it.serviceToken('users', 'notifications') })

const open = (token: string) => it.send(openAddress, { body: { token } })
const later = (what: string) => ctx.pool.query(`update users.address_tokens
  set created_at = created_at - interval '${what}', expires_at = expires_at - interval '${what}'`)

test('requestAddressLink: answers alike whoever an address belongs to', async () => {
  const owner = await newPerson(it)
  await tell(it, emailVerified, [verification(owner)])
  const squatter = await newPerson(it)
  const answers = await Promise.all([newAddress(), owner.email, squatter.email].map(ask))
  for (const { status, bytes } of answers) expect([status, bytes.toString()]).toEqual([202, ''])
  expect(await requested(owner.email)).toMatchObject([{ has_account: true }])
  // Whoever only registered with it has not shown that it is theirs.
  expect(await requested(squatter.email)).toMatchObject([{ has_account: false }])
})

test('requestAddressLink: an address gets one mail a minute and three a day, also when all ask at once', async () => {
  const email = newAddress()
  const answers = await Promise.all(Array.from({ length: 5 }, () => ask(email)))
  expect(answers.map(({ status }) => status).sort()).toEqual([202, 429, 429, 429, 429])
  expect(await requested(email)).toHaveLength(1)
  for (let minute = 0; minute < 4; minute++) {
    await ctx.pool.query(`update users.address_links set created_at = created_at - interval '2 minutes'`)
    await ask(email.toUpperCase())
  }
  expect(await requested(email)).toHaveLength(3)
  // When the first of the three is a day old: eight minutes of it are over.
  const refused = await ask(email)
  expect(refused.problem.type).toBe('/problems/users/address-link-often')
  expect(Number(refused.headers['retry-after']) / 60).toBeGreaterThan(24 * 60 - 9)
  expect(Number(refused.headers['retry-after']) / 60).toBeLessThanOrEqual(24 * 60 - 7)
  expect((await ask('none@none')).status).toBe(400)
})

test('requestAddressLink: all spellings of a letter box share what it gets', async () => {
  const email = newAddress()
  const [name, domain] = email.split('@')
  const spellings = [email, ...[1, 2, 3].map(number => `${name}+${number}@${domain}`)]
  const answers = []
  for (const spelling of spellings) answers.push((await ask(spelling)).status)
  expect(answers).toEqual([202, 429, 429, 429])
  const mails = await Promise.all(spellings.map(requested))
  expect(mails.map(each => each.length)).toEqual([1, 0, 0, 0])
})

test('makeAddressLink: gives tokens to who writes mails alone, until the link was opened', async () => {
  const email = newAddress()
  await ask(email)
  const [{ link_id: id }] = await requested(email) as [Requested]
  expect((await it.send(makeAddressLink, { params: { id } })).status).toBe(401)
  const by_another = await it.send(makeAddressLink,
    { params: { id }, token: await it.serviceToken('users', 'orders') })
  expect(by_another.status).toBe(401)
  const [first, second] = [await makeToken(id), await makeToken(id)]
  expect(first.body.token).not.toBe(second.body.token)
  // Either mail of two tries works, and the other then does not.
  expect((await open(first.body.token)).body.email).toBe(email)
  expect((await open(second.body.token)).status).toBe(400)
  expect((await makeToken(id)).status).toBe(404)
})

test('openAddress: a link works once, also when pressed twice at the same time, and for an hour', async () => {
  const token = await mailedToken(newAddress())
  const answers = await Promise.all([open(token), open(token), open(token)])
  expect(answers.map(answer => answer.status).toSorted()).toEqual([200, 400, 400])
  const old = await mailedToken(newAddress())
  await later('61 minutes')
  expect((await open(old)).problem.type).toBe('/problems/users/bad-address-link')
})

test('exportAddress: as erasing, wants a grant, and that for half an hour; a link is none', async () => {
  const token = await mailedToken(newAddress())
  for (const route of [exportAddress, eraseAddress]) {
    expect((await it.send(route, { body: { grant: token } })).status).toBe(400)
  }
  const { grant } = (await open(token)).body
  // A service that is away leaves it incomplete, and then there is no answer.
  expect((await it.send(exportAddress, { body: { grant } })).status).toBe(503)
  await later('31 minutes')
  for (const route of [exportAddress, eraseAddress]) {
    expect((await it.send(route, { body: { grant } })).status).toBe(400)
  }
})

test('openAddress, exportAddress, eraseAddress: once an account has proven the address, its way applies', async () => {
  const person = await newPerson(it)
  const [early, token] = [await mailedToken(person.email), newAddress()]
  const { grant } = (await open(early)).body
  await tell(it, emailVerified, [verification(person)])
  for (const route of [exportAddress, eraseAddress]) {
    expect((await it.send(route, { body: { grant } })).problem.type)
      .toBe('/problems/users/address-has-account')
  }
  expect((await open(token)).status).toBe(400)
})

test('eraseAddress: tells every service once, and the grant ends', async () => {
  const email = newAddress()
  const { grant } = (await open(await mailedToken(email))).body
  const erase = () => it.send(eraseAddress, { body: { grant } })
  const answers = await Promise.all([erase(), erase()])
  expect(answers.some(answer => answer.status === 204)).toBe(true)
  await it.eventually(async () => (await ctx.pool.query(
    'select from users.address_links where email = $1', [email])).rowCount === 0, 'the erasure')
  expect((await erase()).status).toBe(400)
})

test('removeStale: forgets after two days that somebody asked about an address', async () => {
  const [old, fresh] = [newAddress(), newAddress()]
  await mailedToken(old)
  await mailedToken(fresh)
  await ctx.pool.query(
    "update users.address_links set created_at = now() - interval '49 hours' where email = $1", [old])
  await removeStale(ctx)
  const { rows } = await ctx.pool.query(
    'select email from users.address_links where email = any($1)', [[old, fresh]])
  expect(rows).toEqual([{ email: fresh }])
})
