import {
  forgotPassword, login, makeLink, passwordResetRequested, register, resetPassword,
} from '@fermata/contracts/auth'
import { allServices } from '@fermata/server/services'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { atScale, figure } from '../proofs/proof.ts'

/**
 * Passwords are guessed from one network or from ten thousand. Either is slow, whoever owns the
 * account signs in meanwhile, and nothing tells whether there is an account at all.
 */

let it: TestSystem

beforeAll(async () => {
  it = await startTestSystem([allServices.auth])
}, 240_000)
afterAll(() => it.stop())

const attempts = atScale(200, 10_000)
const at_once = 20
const password = 'correct horse battery'
const networkOf = (index: number) => `10.${index >> 16 & 255}.${index >> 8 & 255}.${index & 255}`

interface From { address: string, device?: string }

const signIn = (email: string, typed: string, { address, device }: From) =>
  it.send(login, { body: { email, password: typed }, ...(device && { cookie: device }),
    headers: { 'x-forwarded-for': address } })

/** An owner, the browser they registered with, and where they did. */
async function newOwner (email: string, address: string): Promise<From & { email: string }> {
  const answer = await it.send(register, {
    body: { email, password, username: 'Olga Owner' }, headers: { 'x-forwarded-for': address } })
  expect(answer.status).toBe(201)
  const cookies = [answer.headers['set-cookie']].flat().map(String)
  const device = cookies.find(cookie => cookie.startsWith('fermata_device='))!.split(';')[0]!
  return { email, address, device }
}

/** @returns how many guesses somebody looked at, of all that were sent */
async function guess (count: number, one: (index: number) => Promise<number>): Promise<number> {
  let looked_at = 0
  for (let from = 0; from < count; from += at_once) {
    const indexes = Array.from({ length: Math.min(at_once, count - from) }, (_, at) => from + at)
    const statuses = await Promise.all(indexes.map(one))
    expect(statuses.filter(status => ![401, 429].includes(status))).toEqual([])
    looked_at += statuses.filter(status => status === 401).length
  }
  return looked_at
}

test('S7: one account from ten thousand networks: few guesses are looked at, its owner signs in', async () => {
  const owner = await newOwner('olga@example.com', '192.0.2.1')
  const begun = performance.now()
  const looked_at = await guess(attempts, async index =>
    (await signIn(owner.email, `guess ${index}`, { address: networkOf(index) })).status)
  const minutes = (performance.now() - begun) / 60_000
  // Thirty at once, those under way when the pause began, and one after each pause that doubles.
  expect(looked_at).toBeLessThanOrEqual(30 + at_once + 10)

  const at_home = await signIn(owner.email, password, { address: owner.address })
  const on_the_way = await signIn(owner.email, password,
    { address: '198.51.100.77', device: owner.device! })
  expect([at_home.status, on_the_way.status]).toEqual([200, 200])
  figure('S7', `${attempts} wrong passwords for one account from as many networks in ` +
    `${minutes.toFixed(1)} minutes: ${looked_at} were looked at, the rest refused with 429. Its ` +
    'owner signed in meanwhile from the usual network, and from another with the usual browser.')
})

test('S7: an owner at a new place, on a new device, gets in by mail in the middle of it', async () => {
  const owner = await newOwner('olaf@example.com', '192.0.2.2')
  await guess(60, async index =>
    (await signIn(owner.email, `guess ${index}`, { address: networkOf(index) })).status)
  const abroad = { address: '203.0.113.50' }
  expect((await signIn(owner.email, password, abroad)).status).toBe(429)
  const headers = { 'x-forwarded-for': abroad.address }
  await it.send(forgotPassword, { body: { email: owner.email }, headers })
  const id = await it.eventually(async () => {
    const { rows } = await it.context('auth').pool.query<{ data: { email: string, link_id: string } }>(
      'select data from auth.outbox_events where type = $1', [passwordResetRequested.type])
    return rows.find(({ data }) => data.email === owner.email)?.data.link_id
  }, 'the mail')
  const made = await it.send(makeLink,
    { params: { id }, token: await it.serviceToken('auth', 'notifications') })
  const new_password = 'another sentence'
  const body = { token: made.body.token, new_password }
  const reset = await it.send(resetPassword, { body, headers })
  expect(reset.status).toBe(204)
  expect((await signIn(owner.email, new_password, abroad)).status).toBe(200)
})

test('S7: one guess at each of ten thousand accounts from one network: the network is slowed', async () => {
  const owner = await newOwner('otto@example.com', '192.0.2.3')
  const attacker = { address: '203.0.113.9' }
  const count = atScale(330, 10_000)
  const looked_at = await guess(count, async index =>
    (await signIn(`person-${index}@example.com`, 'password1', attacker)).status)
  expect(looked_at).toBeLessThanOrEqual(300 + at_once + 12)
  expect((await signIn(owner.email, password, owner)).status).toBe(200)
  figure('S7', `One wrong password for each of ${count} accounts from one network: ${looked_at} ` +
    'were looked at. Others sign in from elsewhere as ever.')
})

test('S7: an address without an account is guessed at the same way, so nothing tells', async () => {
  const owner = await newOwner('oona@example.com', '192.0.2.4')
  const askAll = async (email: string) => {
    const statuses: number[] = []
    for (let index = 0; index < 45; index++) {
      statuses.push((await signIn(email, 'wrong', { address: networkOf(900_000 + index) })).status)
    }
    return statuses
  }
  const known = await askAll(owner.email)
  const unknown = await askAll('nobody.here@example.com')
  expect(known.slice(0, 30)).toEqual(Array(30).fill(401))
  expect(unknown.slice(0, 30)).toEqual(Array(30).fill(401))
  expect(known).toContain(429)
  expect(unknown).toContain(429)
})

test('S7: a device that belongs to somebody else, or to nobody, is a stranger', async () => {
  const owner = await newOwner('odile@example.com', '192.0.2.5')
  const other = await newOwner('oscar@example.com', '192.0.2.6')
  await guess(60, async index =>
    (await signIn(owner.email, `guess ${index}`, { address: networkOf(index) })).status)
  const devices = [other.device!, `fermata_device=${'A'.repeat(43)}`, 'fermata_device=; x=y']
  for (const device of devices) {
    expect((await signIn(owner.email, password, { address: '203.0.113.60', device })).status).toBe(429)
  }
  expect((await signIn(owner.email, password, { ...owner, address: '203.0.113.60' })).status).toBe(200)
})
