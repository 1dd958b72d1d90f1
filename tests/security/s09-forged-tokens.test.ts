import {
  createHmac, createPublicKey, generateKeyPairSync, randomBytes, sign,
  type KeyObject,
} from 'node:crypto'
import { request } from 'node:http'
import { getMe } from '@fermata/contracts/auth'
import { listBackups } from '@fermata/contracts/backups'
import type { Access, AnyRoute } from '@fermata/contracts/define'
import { createEvent, getEventFacts, listEvents } from '@fermata/contracts/events'
import { getOrder, listOrders } from '@fermata/contracts/orders'
import { exportRoute } from '@fermata/contracts/platform'
import { checkIn } from '@fermata/contracts/tickets'
import { uuidv7 } from '@fermata/platform/ids'
import { deriveEd25519, deriveKey } from '@fermata/platform/tokens'
import { allServices } from '@fermata/server/services'
import { startTestSystem, testSecrets, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { figure } from '../proofs/proof.ts'

/** S9: what looks like a login, and is none. */

const secrets = testSecrets()
let it: TestSystem
let port: number
let real: { header: object, claims: Record<string, unknown>, token: string }
let internal: string

const login_key = deriveEd25519(secrets.JWT_EXTERNAL_SIGNATURE, 'external-jwt')
const public_key = createPublicKey(login_key)
const internal_key = deriveKey(secrets.JWT_INTERNAL_SIGNATURE, 'internal-jwt')
const stranger = generateKeyPairSync('ed25519')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as object
const now_s = () => Math.floor(Date.now() / 1000)

beforeAll(async () => {
  it = await startTestSystem(Object.values(allServices), secrets)
  const token = await it.personToken({ roles: ['user', 'event_creator', 'operator', 'admin'] })
  const [header, claims] = token.split('.') as [string, string]
  real = { token, header: decode(header), claims: decode(claims) as Record<string, unknown> }
  internal = await it.serviceToken('backups', 'backups')
  const url = new URL(await it.system.app.listen({ port: 0, host: '127.0.0.1' }))
  port = Number(url.port)
}, 120_000)
afterAll(() => it.stop())

const eddsa = (key: KeyObject) => (text: string) => sign(null, Buffer.from(text), key)
const hs256 = (key: string | Buffer) => (text: string) =>
  createHmac('sha256', key).update(text).digest()
const rs256 = (text: string) => sign('sha256', Buffer.from(text), rsa.privateKey)
const unsigned = () => Buffer.alloc(0)

/** The real token but for what is changed, signed by whoever forges. */
function forge (
  header: Record<string, unknown>, claims: Record<string, unknown> = {},
  signer: (text: string) => Buffer = eddsa(login_key)
): string {
  const text = `${encode({ ...real.header, ...header })}.${encode({ ...real.claims, ...claims })}`
  return `${text}.${signer(text).toString('base64url')}`
}

const pem = () => public_key.export({ type: 'spki', format: 'pem' })
const jwk = () => public_key.export({ format: 'jwk' })
const altered = (at: number) => {
  const parts = real.token.split('.')
  const part = Buffer.from(parts[at]!, 'base64url')
  part[part.length >> 1]! ^= 1
  parts[at] = part.toString('base64url')
  return parts.join('.')
}
/** The last character of 64 bytes in base64 has four spare bits: other letters decode alike. */
const spareBits = () =>
  real.token.slice(0, -1) + String.fromCharCode(real.token.at(-1)!.charCodeAt(0) + 1)

const forgeries: Record<string, () => string> = {
  'alg none': () => forge({ alg: 'none' }, {}, unsigned),
  'alg None': () => forge({ alg: 'None' }, {}, unsigned),
  'alg none with the real signature': () => forge({ alg: 'none' }),
  'no alg': () => forge({ alg: undefined }),
  'HS256 with the public key in PEM': () => forge({ alg: 'HS256' }, {}, hs256(pem())),
  'HS256 with the public key in DER': () => forge({ alg: 'HS256' }, {},
    hs256(public_key.export({ type: 'spki', format: 'der' }))),
  'HS256 with the public key as a JWK': () => forge({ alg: 'HS256' }, {},
    hs256(JSON.stringify(jwk()))),
  'HS256 with the raw public key': () => forge({ alg: 'HS256' }, {},
    hs256(Buffer.from(jwk().x!, 'base64url'))),
  'HS256 with an empty key': () => forge({ alg: 'HS256' }, {}, hs256('')),
  'HS256 with the key between services': () => forge({ alg: 'HS256' }, {}, hs256(internal_key)),
  'RS256 with a key of one’s own': () => forge({ alg: 'RS256' }, {}, rs256),
  'RS256 over an EdDSA signature': () => forge({ alg: 'RS256' }),
  'EdDSA over an RSA signature': () => forge({}, {}, rs256),
  'EdDSA with a key of one’s own': () => forge({}, {}, eddsa(stranger.privateKey)),
  'its own key in jwk': () => forge(
    { jwk: stranger.publicKey.export({ format: 'jwk' }) }, {}, eddsa(stranger.privateKey)),
  'its own key in jwk, kid of none': () => forge(
    { kid: undefined, jwk: stranger.publicKey.export({ format: 'jwk' }) }, {},
    eddsa(stranger.privateKey)),
  'jku to a key set of its own': () => forge(
    { jku: `http://127.0.0.1:${port}/keys.json` }, {}, eddsa(stranger.privateKey)),
  'x5u to a certificate of its own': () => forge(
    { x5u: 'http://127.0.0.1:9/cert.pem' }, {}, eddsa(stranger.privateKey)),
  'x5c with a certificate of its own': () => forge(
    { x5c: ['AAAA'] }, {}, eddsa(stranger.privateKey)),
  'kid of a file': () => forge({ kid: '../../../../dev/null' }, {}, hs256('')),
  'kid of a statement': () => forge(
    { kid: "x' union select 'key" }, {}, eddsa(stranger.privateKey)),
  'kid of an object': () => forge({ kid: { toString: 'x' } }),
  'kid of a prototype': () => forge({ kid: '__proto__' }),
  'no kid': () => forge({ kid: undefined }),
  'another kid': () => forge({ kid: randomBytes(32).toString('base64url') }),
  'a critical header nobody knows': () => forge({ crit: ['exp'] }),
  'an unencoded payload': () => forge({ b64: false, crit: ['b64'] }),
  'typ of a service token': () => forge({ typ: 'svc+jwt' }),
  'typ JWT': () => forge({ typ: 'JWT' }),
  'no typ': () => forge({ typ: undefined }),
  'another audience': () => forge({}, { aud: 'fermata:internal:backups' }),
  'no audience': () => forge({}, { aud: undefined }),
  'another issuer': () => forge({}, { iss: 'https://example.org' }),
  'no issuer': () => forge({}, { iss: undefined }),
  'expired': () => forge({}, { exp: now_s() - 60 }),
  'without an end': () => forge({}, { exp: undefined }),
  'an end in words': () => forge({}, { exp: '2099-01-01' }),
  'not valid yet': () => forge({}, { nbf: now_s() + 3600 }),
  'no subject': () => forge({}, { sub: undefined }),
  'no login': () => forge({}, { sid: undefined }),
  'no roles': () => forge({}, { roles: undefined }),
  'altered header': () => altered(0),
  'altered claims': () => altered(1),
  'altered signature': () => altered(2),
  'signature cut short': () => real.token.slice(0, -8),
  'no signature': () => real.token.replace(/[^.]+$/, ''),
  'spare bits of the signature': spareBits,
  'padding': () => `${real.token}==`,
  'a dot at the end': () => `${real.token}.`,
  'five parts': () => `${real.token}.AA.AA`,
  'the claims of a token alone': () => real.token.split('.')[1]!,
  'a queue token': () => `fq_${randomBytes(40).toString('base64url')}`,
  'a queue pass': () => `fp_${randomBytes(40).toString('base64url')}`,
  'an order token cut short': () => it.orderToken(uuidv7()).slice(0, -1),
  'an order token with spare bits': () => `${it.orderToken(uuidv7())}A`,
  'nothing': () => '',
  'null': () => 'null',
}

/** The header as it is sent. */
const spellings: Record<string, (token: string) => string[]> = {
  'a login twice': token => [
    'authorization', `Bearer ${token}`, 'authorization', `Bearer ${token}`],
  'a login and a forgery': token => [
    'authorization', `Bearer ${token}`, 'authorization', `Bearer ${forge({}, {}, unsigned)}`],
  'two logins in one header': token => ['authorization', `Bearer ${token}, Bearer ${token}`],
  'a space within': token => ['authorization', `Bearer ${token.slice(0, 20)} ${token.slice(20)}`],
  'two spaces': token => ['authorization', `Bearer  ${token}`],
  'a tab': token => ['authorization', `Bearer\t${token}`],
  'no scheme': token => ['authorization', token],
  'Basic': token => ['authorization', `Basic ${Buffer.from(`x:${token}`).toString('base64')}`],
  'Token': token => ['authorization', `Token ${token}`],
  'quotes': token => ['authorization', `Bearer "${token}"`],
}

/** One route of each policy. */
const routes: Partial<Record<Access, AnyRoute>> = {
  public: listEvents, user: getMe, owner: getOrder, organizer: createEvent, operator: checkIn,
  admin: listBackups, internal: exportRoute('backups'),
}

const headersOf = (token: string) => ['authorization', `Bearer ${token}`]

function ask (route: AnyRoute, headers: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const path = route.path.replace(/\{\w+\}/g, uuidv7())
    const asked = request({ host: '127.0.0.1', port, method: route.method, path,
      headers: ['host', '127.0.0.1', ...headers] }, answer => {
      answer.resume().on('end', () => resolve(answer.statusCode!))
    })
    asked.on('error', reject).end()
  })
}

test('S9: every forged token is refused on every class of route', async () => {
  let asked = 0
  for (const [name, make] of Object.entries(forgeries)) {
    const token = make()
    for (const [access, route] of Object.entries(routes)) {
      expect([name, access, await ask(route, headersOf(token))]).toEqual([name, access, 401])
      asked++
    }
    for (const access of ['user', 'organizer', 'operator', 'admin'] as const) {
      const cookie = ['cookie', `fermata_access=${encodeURIComponent(token)}`]
      const status = await ask(routes[access]!, cookie)
      expect([name, access, 'cookie', status]).toEqual([name, access, 'cookie', 401])
      asked++
    }
  }
  figure('S9', `${Object.keys(forgeries).length} forged tokens, each on ` +
    `${Object.keys(routes).length} classes of route and as a cookie, ${asked} requests: all 401.`)
}, 120_000)

test('S9: a real token is refused where its header is no plain one', async () => {
  for (const [name, spell] of Object.entries(spellings)) {
    for (const [access, route] of Object.entries(routes)) {
      const token = access === 'internal' ? internal : real.token
      expect([name, access, await ask(route, spell(token))]).toEqual([name, access, 401])
    }
  }
}, 120_000)

test('S9: a token of one purpose opens nothing of another', async () => {
  const people = Object.entries(routes).filter(([access]) => access !== 'internal')
  for (const [access, route] of people)
    expect([access, await ask(route, headersOf(internal))]).toEqual([access, 401])
  const order = it.orderToken(uuidv7())
  for (const access of ['user', 'organizer', 'operator', 'admin', 'internal'] as const)
    expect([access, await ask(routes[access]!, headersOf(order))]).toEqual([access, 401])
  expect(await ask(listOrders, headersOf(order))).toBe(401)
  expect(await ask(routes.internal!, headersOf(real.token))).toBe(401)
  expect(await ask(getEventFacts, headersOf(await it.serviceToken('events', 'backups')))).toBe(401)
})

test('S9: control: the real ones are let through', async () => {
  expect(await ask(listEvents, headersOf(real.token))).toBe(200)
  expect(await ask(listBackups, headersOf(real.token))).toBe(200)
  expect(await ask(listOrders, headersOf(real.token))).toBe(200)
  expect(await ask(exportRoute('backups'), headersOf(internal))).toBe(200)
  expect(await ask(listBackups, ['cookie', `fermata_access=${real.token}`])).toBe(200)
})
