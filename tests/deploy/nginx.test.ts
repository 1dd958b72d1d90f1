import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { json } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { services } from '@fermata/contracts/services'
import { afterEach, expect, test } from 'vitest'
import {
  body_limit_bytes, hostOf, metrics_path, portOf, publicPrefixes, targets, type Target,
} from '../../deploy/front-door.ts'
import type { NginxOptions, Upstreams } from '../../deploy/nginx.ts'
import { renderedFiles } from '../../deploy/rendered-files.ts'
import { startNameServer } from './name-server.ts'
import {
  addresses, freePort, makeCertificate,
  sendRaw, startNginx, startUpstream, type Echo, type Upstream,
} from './run-nginx.ts'

const started: { stop: () => Promise<void> }[] = []
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop()
})

async function upstream (target: string, instance = 0, port = 0): Promise<Upstream> {
  const one = await startUpstream(target, instance, port)
  started.push(one)
  return one
}

async function frontDoor (upstreams: Upstreams, options: Partial<NginxOptions> = {}) {
  const nginx = await startNginx(upstreams, options)
  started.push(nginx)
  const echo = async (path: string, init: RequestInit = {}): Promise<Echo> => {
    const response = await fetch(`${nginx.url}${path}`, init)
    expect(response.status, path).toBe(200)
    return await response.json() as Echo
  }
  return { ...nginx, echo }
}

const getOverTls = (port: number, path: string) => new Promise<Echo>((resolve, reject) => {
  get({ port, path, host: '127.0.0.1', rejectUnauthorized: false },
    response => { json(response).then(body => resolve(body as Echo), reject) }).on('error', reject)
})

async function oneOfEach (): Promise<Upstreams> {
  const pairs: [Target, string[]][] = []
  for (const target of targets) pairs.push([target, [(await upstream(target)).address]])
  return addresses([], Object.fromEntries(pairs))
}

test('front door: every prefix reaches the service that the contracts name, the rest the pages', async () => {
  const { echo } = await frontDoor(await oneOfEach())
  for (const { path, target, is_exact } of publicPrefixes) {
    expect((await echo(path)).target, path).toBe(target)
    if (path === metrics_path || is_exact) continue
    expect(await echo(`${path}/a%20b?c=%2F`), path).toMatchObject({ target, url: `${path}/a%20b?c=%2F` })
    // What only begins alike goes where the next shorter prefix says.
    const shorter = publicPrefixes.find(other => !other.is_exact && path.startsWith(`${other.path}/`))
    if (shorter) expect((await echo(`${path}x`)).target, path).toBe(shorter.target)
  }
  for (const page of ['/', '/events/rock', '/loginx', '/authx', '/internals', '/assets/a.js']) {
    expect((await echo(page)).target, page).toBe('web')
  }
})

test('front door: internal routes do not exist outside, however they are spelled', async () => {
  const front = await frontDoor(await oneOfEach())
  const spellings = [
    '/internal', '/internal/orders/export', '//internal/orders/export', '/%69nternal/orders/export',
    '/api/orders/../../internal/orders/export', '/api/orders/%2e%2e/%2e%2e/internal/orders/export',
    '/./internal/orders/export', '/internal//x',
  ]
  for (const path of spellings) {
    const { answer } = await sendRaw(front.port,
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    expect(answer, path).toMatch(/^HTTP\/1\.1 404 /)
    expect(answer, path).toContain('/problems/request/not-found')
  }
})

test('front door: a service learns who asks, and believes nothing that the visitor says of it', async () => {
  const front = await frontDoor(await oneOfEach())
  const { headers } = await front.echo('/api/orders', { headers: {
    'x-forwarded-for': '203.0.113.9', 'x-real-ip': '203.0.113.9', 'x-forwarded-proto': 'https',
    'x-forwarded-host': 'elsewhere.example', forwarded: 'for=203.0.113.9',
    'x-request-id': 'my-request-0001',
  } })
  expect(headers).toMatchObject({
    host: `127.0.0.1:${front.port}`, 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1',
    'x-forwarded-proto': 'http', 'x-forwarded-host': `127.0.0.1:${front.port}`,
    'x-request-id': 'my-request-0001',
  })
  // Who came by a proxy is not on this machine, even where that proxy is.
  expect(headers.forwarded).toBe('for=unknown')
  expect((await front.echo('/api/orders')).headers.forwarded).toBeUndefined()
  const odd = await front.echo('/api/orders', { headers: { 'x-request-id': 'no spaces, please' } })
  expect(odd.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/)
})

test('front door: the word of a proxy that is trusted counts', async () => {
  const front = await frontDoor(await oneOfEach(), { trusted_proxies: ['127.0.0.0/8'] })
  const { headers } = await front.echo('/api/orders', { headers: {
    'x-forwarded-for': '198.51.100.7, 203.0.113.9', 'x-forwarded-proto': 'https',
  } })
  expect(headers).toMatchObject({ 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' })
})

test('front door: the pages ask inside for their visitors, and are believed there alone', async () => {
  const inside_port = await freePort()
  const front = await frontDoor(await oneOfEach(), { inside: [`127.0.0.1:${inside_port}`] })
  const ask = { headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' } }
  const inside = await fetch(`http://127.0.0.1:${inside_port}/api/orders`, ask)
  expect((await inside.json() as Echo).headers).toMatchObject(
    { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' })
  expect((await front.echo('/api/orders', ask)).headers['x-forwarded-for']).toBe('127.0.0.1')
  for (const path of ['/', '/internal/orders/export'])
    expect((await fetch(`http://127.0.0.1:${inside_port}${path}`)).status, path).toBe(404)
})

test('front door: several addresses share the load, and one that dies costs no reader an error', async () => {
  const pair = [await upstream('orders', 0), await upstream('orders', 1)] as const
  const front = await frontDoor(addresses(['127.0.0.1:1'], { orders: pair.map(one => one.address) }))
  for (let turn = 0; turn < 20; turn++) await front.echo('/api/orders')
  expect(Math.min(...pair.map(one => one.requests))).toBeGreaterThan(5)

  await pair[0].stop()
  for (let turn = 0; turn < 40; turn++)
    expect((await front.echo('/api/orders')).instance).toBe(1)
  // What could not even be connected was not sent, so a purchase may go to the other one too.
  for (let turn = 0; turn < 10; turn++)
    expect((await front.echo('/api/orders', { method: 'POST', body: '{}' })).instance).toBe(1)

  // Left out after two failures, and taken back when it answers again.
  const refused = front.output().match(/connect\(\) failed/g) ?? []
  expect(refused.length).toBeLessThanOrEqual(4)
  const back = await upstream('orders', 0, Number(pair[0].address.split(':')[1]))
  await expect.poll(async () => {
    await front.echo('/api/orders')
    return back.requests
  }, { timeout: 10_000 }).toBeGreaterThan(0)
})

test('front door: a purchase that may have arrived is never sent twice, a look is', async () => {
  const pair = [await upstream('orders', 0), await upstream('orders', 1)] as const
  const count = () => pair[0].requests + pair[1].requests
  const front = await frontDoor(addresses(['127.0.0.1:1'], { orders: pair.map(one => one.address) }))
  for (const one of pair) one.behave('hang-up')
  for (const method of ['POST', 'PATCH']) {
    const before = count()
    const response = await fetch(`${front.url}/api/orders`, { method, body: '{}' })
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('2')
    expect(await response.json()).toMatchObject({ type: '/problems/request/unavailable', status: 503 })
    expect(count() - before, method).toBe(1)
  }

  pair[1].behave('echo')
  const reader = await frontDoor(addresses(['127.0.0.1:1'], { orders: pair.map(one => one.address) }))
  const before = pair[0].requests
  for (let turn = 0; turn < 10; turn++)
    expect((await reader.echo('/api/orders')).instance).toBe(1)
  expect(pair[0].requests).toBeGreaterThan(before)
})

test('front door: a service that refuses is believed, and not left out for it', async () => {
  const pair = [await upstream('orders', 0), await upstream('orders', 1)] as const
  const front = await frontDoor(addresses(['127.0.0.1:1'], { orders: pair.map(one => one.address) }))
  for (const one of pair) one.behave(503)
  for (let turn = 0; turn < 20; turn++) {
    const response = await fetch(`${front.url}/api/orders`)
    expect(response.status).toBe(503)
    // The service's own words, not ours.
    expect(await response.json()).toMatchObject({ target: 'orders' })
  }
  expect(pair[0].requests + pair[1].requests).toBe(20)
  for (const one of pair) one.behave('echo')
  await front.echo('/api/orders')
})

test('front door: WebSocket passes on the live path, and no other upgrade anywhere', async () => {
  const front = await frontDoor(await oneOfEach())
  const ask = (path: string, upgrade: string) =>
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n` +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'
  const { answer, socket } = await sendRaw(front.port, ask('/api/notifications/live', 'websocket'),
    text => text.includes('\r\n\r\n'))
  expect(answer).toMatch(/^HTTP\/1\.1 101 /)
  const heard = new Promise<string>(resolve => {
    socket.once('data', (chunk: Buffer) => resolve(chunk.toString()))
  })
  socket.write('hello')
  expect(await heard).toBe('echo hello')
  socket.destroy()

  const smuggled = await sendRaw(front.port, ask('/api/orders', 'h2c'), text => text.includes('}'))
  smuggled.socket.destroy()
  expect(smuggled.answer).toMatch(/^HTTP\/1\.1 200 /)
  expect(smuggled.answer).not.toContain('"upgrade"')
})

test('front door: what it refuses itself is a problem like any other', async () => {
  const front = await frontDoor(await oneOfEach())
  const large = await fetch(`${front.url}/api/orders`, { method: 'POST', body: 'x'.repeat(body_limit_bytes + 1) })
  expect(large.status).toBe(413)
  expect(large.headers.get('content-type')).toBe('application/problem+json')
  expect(await large.json()).toMatchObject({ type: '/problems/request/too-large', status: 413 })
  expect((await front.echo('/api/orders', { method: 'POST', body: 'x'.repeat(body_limit_bytes) })).body_bytes)
    .toBe(body_limit_bytes)

  const long = await fetch(`${front.url}/api/orders`, { headers: { 'x-long': 'x'.repeat(20_000) } })
  expect(long.status).toBe(431)
  expect(await long.json()).toMatchObject({ type: '/problems/request/headers-too-large' })
})

test('front door: with nobody behind it, programs get a problem and people a page', async () => {
  const front = await frontDoor(addresses([`127.0.0.1:${await freePort()}`]))
  const api = await fetch(`${front.url}/api/events`)
  expect(api.status).toBe(503)
  expect(api.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
  expect(await api.json()).toMatchObject({ type: '/problems/request/unavailable', status: 503 })
  const page = await fetch(`${front.url}/`)
  expect(page.status).toBe(503)
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(await page.text()).toMatch(/not available right now.*momentanément indisponible/s)
})

test('front door: no log has the token of a link, whatever becomes of the request', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fermata-nginx-logs-'))
  started.push({ stop: () => rm(folder, { recursive: true }) })
  const [access_log, error_log] = [join(folder, 'access.log'), join(folder, 'error.log')]
  const dying = await upstream('web')
  const front = await frontDoor(addresses([dying.address]), { access_log, error_log })
  const link = '/reset-password?token=LinkCanary'
  const referer = `${front.url}${link}`
  for (const how of ['echo', 500, 'hang-up'] as const) {
    dying.behave(how)
    await fetch(front.url + link, { headers: { referer } }).then(answer => answer.text())
  }
  await dying.stop()
  await fetch(front.url + link, { headers: { referer } })
  await sendRaw(front.port, `GET ${link} HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n`)
  await front.stop()
  const told = await readFile(access_log, 'utf8') + await readFile(error_log, 'utf8')
  expect(told).toContain('"path":"/reset-password"')
  expect(told).not.toContain('LinkCanary')
})

test('front door: a flood from one address is slowed, a school behind one address is not', async () => {
  const front = await frontDoor(await oneOfEach(), { trusted_proxies: ['127.0.0.0/8'] })
  // Refused by nginx alone, so that nothing but its own limit sets the pace.
  const ask = (address: string) =>
    `GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ${address}\r\n`
  const burst = async (address: string, count: number) => {
    const requests = `${ask(address)}\r\n`.repeat(count - 1) +
      `${ask(address)}Connection: close\r\n\r\n`
    const { answer } = await sendRaw(front.port, requests)
    return answer.match(/(?<=HTTP\/1\.1 )\d+/g) ?? []
  }
  expect(new Set(await burst('203.0.113.1', 3000))).toEqual(new Set(['404']))
  expect(await burst('203.0.113.2', 9000)).toContain('429')
  expect(new Set(await burst('203.0.113.3', 100))).toEqual(new Set(['404']))
})

test('front door: metrics are for its own machine', async () => {
  const upstreams = await oneOfEach()
  expect((await (await frontDoor(upstreams)).echo('/metrics')).target).toBe('gateway')
  const front = await frontDoor(upstreams, { trusted_proxies: ['127.0.0.0/8'] })
  const outside = await fetch(`${front.url}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.9' } })
  expect(outside.status).toBe(404)
  expect(await outside.json()).toMatchObject({ type: '/problems/request/not-found' })
})

test('front door: the shorthands of development lead to the services, and hide no page', async () => {
  const upstreams = await oneOfEach()
  const front = await frontDoor(upstreams, { development: true })
  for (const target of ['auth', 'users', 'events', 'tickets', 'notifications'] as const) {
    expect(await front.echo(`/${target}/health?a=b`)).toMatchObject(
      { target, url: `/api/${target}/health?a=b` })
  }
  expect((await front.echo('/events/rock')).target).toBe('web')
  expect((await front.echo('/events/rock/checkout')).target).toBe('web')
})

test('front door: files of the pages go out compressed without asking the pages', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fermata-pages-'))
  started.push({ stop: () => rm(folder, { recursive: true, force: true }) })
  // Workers of nginx may be another account than this one.
  await chmod(folder, 0o755)
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'assets/a.js'), 'plain()')
  await writeFile(join(folder, 'assets/a.js.gz'), gzipSync('packed()'))
  const front = await frontDoor(await oneOfEach(), { pages_folder: folder })
  const packed = await fetch(`${front.url}/assets/a.js`, { headers: { 'accept-encoding': 'gzip' } })
  expect(await packed.text()).toBe('packed()')
  expect(packed.headers.get('cache-control')).toContain('immutable')
  expect(packed.headers.get('content-type')).toBe('text/javascript')
  const plain = await fetch(`${front.url}/assets/a.js`, { headers: { 'accept-encoding': 'identity' } })
  expect(await plain.text()).toBe('plain()')
  expect((await fetch(`${front.url}/assets/none.js`)).status).toBe(404)
})

test('front door: one process answers everything when there is one', async () => {
  const process = await upstream('fermata')
  const front = await frontDoor({ kind: 'one-process', addresses: [process.address] })
  for (const path of ['/', '/api/auth/me', '/docs', '/events/rock'])
    expect(await front.echo(path)).toMatchObject({ target: 'fermata', url: path })
  expect((await fetch(`${front.url}/internal/orders/export`)).status).toBe(404)
})

test('front door: names are asked again, so that a container which comes later is found', async () => {
  const first = await upstream('orders', 0)
  const port = Number(first.address.split(':')[1])
  const names = await startNameServer()
  started.push(names)
  names.set('orders-service.test', '127.0.0.1')
  const of = Object.fromEntries(targets.map(target => [target, `${hostOf(target)}.test:${port}`]))
  const front = await frontDoor(
    { kind: 'names', resolver: names.address, of: of as Record<Target, string> })
  expect((await front.echo('/api/orders?a=b')).url).toBe('/api/orders?a=b')
  expect((await fetch(`${front.url}/api/auth/me`)).status).toBe(503)

  names.set('auth-service.test', '127.0.0.1')
  await expect.poll(async () => (await fetch(`${front.url}/api/auth/me`)).status,
    { timeout: 15_000, interval: 500 }).toBe(200)
})

test('front door: TLS is spoken where it is asked for, and plain visitors are sent there', async () => {
  const { certificate, key, ...made } = await makeCertificate()
  started.push(made)
  const secure_port = await freePort()
  const front = await frontDoor(await oneOfEach(),
    { tls: { listen: [`127.0.0.1:${secure_port}`], certificate, key } })
  const plain = await fetch(`${front.url}/api/orders?a=b`, { redirect: 'manual' })
  expect(plain.status).toBe(308)
  expect(plain.headers.get('location')).toBe('https://127.0.0.1/api/orders?a=b')

  const answer = await getOverTls(secure_port, '/api/orders')
  expect(answer.headers['x-forwarded-proto']).toBe('https')
})

test('front door: the committed files are ones that nginx accepts', async () => {
  const { folder, certificate, key, ...made } = await makeCertificate()
  started.push(made)
  const files = renderedFiles().filter(({ path }) => path.startsWith('deploy/nginx/'))
  expect(files.length).toBeGreaterThan(0)
  for (const { path, text } of files) {
    const file = join(folder, basename(path))
    await writeFile(file, text
      .replaceAll(/\/run\/fermata-nginx|\/tmp(?=\/)|\/var\/log\/nginx/g, folder)
      .replaceAll('/dev/stdout', join(folder, 'access.log'))
      .replaceAll('/etc/fermata/tls/tls.crt', certificate).replaceAll('/etc/fermata/tls/tls.key', key))
    const { status, stderr } = spawnSync('nginx', ['-t', '-e', 'stderr', '-c', file], { encoding: 'utf8' })
    expect(status, `${path}\n${stderr}`).toBe(0)
    expect(stderr, path).not.toMatch(/\[(warn|alert|emerg)\]/)
  }
})

test('front door: every port that the contracts name is another one', () => {
  const ports = targets.map(portOf)
  expect(new Set(ports).size).toBe(Object.keys(services).length + 1)
})
