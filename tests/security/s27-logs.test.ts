import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { allServices } from '@fermata/server/services'
import { eventually } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rawRequests } from './fuzz/raw-requests.ts'
import { createSender, type Wire } from './fuzz/send.ts'
import { public_origin, startWorld, type World } from './fuzz/world.ts'
import { figure } from '../proofs/proof.ts'

/** S27: a refusal is no failure: it writes one line, without a stack and without what was sent. */

/** Stand in for what people send: none of it may be in a log, whatever became of the request. */
const canaries = {
  email: 'log.canary@example.com', password: 'canary horse battery',
  token: `eyJhbGciOiJFZERTQSJ9.${'c'.repeat(40)}.${'d'.repeat(40)}`, order: `fo_${'e'.repeat(48)}`,
  link: `${'f'.repeat(20)}LinkCanary${'f'.repeat(12)}`, name: 'Canary Bird',
}
const found_in_logs = [
  canaries.email, canaries.password, canaries.token, canaries.order, canaries.link, canaries.name,
]

let world: World
beforeAll(async () => { world = await startWorld(allServices) }, 120_000)
afterAll(() => world.stop())

const json = JSON.stringify({ email: canaries.email, password: canaries.password,
  username: canaries.name, token: canaries.link })

type Refused = Partial<Wire> & { path: string }

const asJson = (path: string, body = json, method = 'POST'): Refused => ({
  method, path, body, headers: [['host', 'localhost'], ['content-type', 'application/json']] })
const asPage = (path: string, type: string, body: string | null, cookie = ''): Refused => ({
  path, body, method: body === null ? 'GET' : 'POST',
  headers: [['host', 'tickets.example.org'], ['origin', public_origin], ['cookie', cookie],
    ...(body === null ? [] : [['content-type', type] as [string, string]])] })
const bearing = (path: string, token: string): Refused => ({ path,
  headers: [['host', 'localhost'], ['authorization', `Bearer ${token}`]] })

const cookies = [
  `__Host-fermata_access=${canaries.token}`, `__Host-fermata_access=%00${canaries.token}`,
  `__Host-fermata_refresh=${canaries.link}%0d%0a`, `__Host-fermata_device=${canaries.link}`,
  `__Host-fermata_order_0198f3c0-0000-7000-8000-000000000001=${canaries.order}`, '=;%;\xff',
]
const pages = ['/', '/account/tickets', '/orders/0198f3c0-0000-7000-8000-000000000001',
  `/reset-password?token=${canaries.link}`, `/verify-email?token=${canaries.link}`, '/%c0%af',
  `/orders/0198f3c0-0000-7000-8000-000000000001?token=${canaries.order}`,
  `/sign-in?next=//${canaries.email}`]

/** Kinds of refusals, by where they are made: parser, router, reader, validator, operation, page. */
const refusals: Refused[] = [
  asJson('/api/auth/register', `${json.slice(0, -1)},`), asJson('/api/auth/register', `${json}}`),
  asJson('/api/auth/register', json.replace('{', '{"__proto__":1,')),
  asJson('/api/auth/register', JSON.stringify({ email: canaries.email, x: 'y'.repeat(70_000) })),
  asJson('/api/auth/register'), asJson('/api/auth/login'), asJson('/api/auth/password/reset'),
  asJson('/api/auth/email/verify'), asJson('/api/auth/refresh', `{"refresh_token":"${canaries.link}"}`),
  asJson('/api/auth/login', JSON.stringify({ email: canaries.email, password: canaries.password })),
  asJson('/api/auth/nothing'), asJson('/api/auth/login', json, 'DELETE'), asJson('/login', '[]'),
  asJson(`/api/users/${canaries.email}`, json, 'PATCH'), asJson(`/api/notifications/${canaries.email}`),
  { ...asJson('/api/auth/login'), headers: [['host', 'a'], ['content-type', 'text/plain']] },
  { ...asJson('/api/auth/login'), headers: [['host', 'a'], ['content-type', canaries.email]] },
  { path: `/api/tickets/keys?event_id=${canaries.email}` }, { path: `/api/queue/${canaries.name}` },
  { path: `/api/events?cursor=${canaries.link}&q=${canaries.email}` },
  ...['/api/auth/me', '/api/orders', '/api/users', '/internal/auth/ended-logins', '/metrics']
    .flatMap(path => [canaries.token, canaries.order, canaries.link, `\0${canaries.link}`]
      .map(token => bearing(path, token))),
  ...cookies.flatMap(cookie => pages.map(path => asPage(path, '', null, cookie))),
  ...['application/json', 'text/plain', 'multipart/form-data; boundary=x', 'multipart/form-data',
    'application/x-www-form-urlencoded'].flatMap(type => ['/sign-in', '/sign-up', '/reset-password']
    .map(path => asPage(path, type, json))),
  asPage('/sign-in', 'application/x-www-form-urlencoded',
    `email=${canaries.email}&password=${encodeURIComponent(canaries.password)}`),
  ...rawRequests.map(raw => ({ path: '', raw: raw.replaceAll('METHOD', 'POST')
    .replaceAll('PATH', `/api/auth/login?token=${canaries.link}`).replaceAll('TOKEN', canaries.token) })),
]

/** Begins to send, or to read, and is gone. */
async function leaveEarly (bytes: string, wait_for: 'nothing' | 'the first bytes'): Promise<void> {
  const socket = connect(world.port, '127.0.0.1')
  await once(socket, 'connect')
  await new Promise(resolve => { socket.write(bytes, resolve) })
  if (wait_for === 'the first bytes') await once(socket, 'data')
  socket.resetAndDestroy()
}

const upload = (path: string, token = '') => [`POST ${path} HTTP/1.1`, 'Host: tickets.example.org',
  'Content-Type: application/json', `Origin: ${public_origin}`, `Authorization: Bearer ${token}`,
  'Content-Length: 9000', '', json].join('\r\n')

async function linesOf (folder: string): Promise<string[]> {
  const texts = await Promise.all((await readdir(folder)).map(name =>
    readFile(join(folder, name), 'utf8')))
  return texts.flatMap(text => text.split('\n').filter(Boolean))
}

test('S27: refused requests write neither a stack nor what they brought, whoever refuses them', async () => {
  const sender = createSender(world.port, 4)
  const statuses = new Map<number, number>()
  for (const refused of refusals) {
    const answer = await sender.send(
      { method: 'GET', headers: [['host', 'localhost']], body: null, raw: null, ...refused })
    const status = answer?.status ?? 0
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    expect(status, JSON.stringify(refused).slice(0, 300)).toBeLessThan(500)
  }
  const uploads = ['/api/auth/login', '/api/orders', '/sign-in', '/internal/orders/import?target=scratch']
  for (const path of uploads) {
    await leaveEarly(upload(path, world.tokenOf('admin', {} as never)), 'nothing')
    await leaveEarly(upload(path, canaries.token), 'nothing')
  }
  for (const path of ['/', '/api/events', '/api/events/doc/json']) {
    await leaveEarly(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(8), 'the first bytes')
  }
  sender.close()
  // Each kind is there: unread, unknown, forbidden, unfit, too large.
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([400, 401, 403, 404, 405, 413, 415]))

  const { log_folder } = world
  // The last line is written after its answer.
  await eventually(async () =>
    (await linesOf(log_folder)).some(line => line.includes('"path":"/api/auth/login"')))
  const lines = await linesOf(log_folder)
  expect(lines.filter(line => line.includes('"stack"'))).toEqual([])
  for (const word of found_in_logs) {
    expect(lines.filter(line => line.includes(word)), word).toEqual([])
    expect(lines.filter(line => line.includes(encodeURIComponent(word))), word).toEqual([])
  }
  figure('S27', `${refusals.length} requests refused by parser, router, validator, operations and ` +
    `pages, 22 aborted: ${lines.length} log lines, 0 with a stack, 0 with what was sent.`)
}, 60_000)
