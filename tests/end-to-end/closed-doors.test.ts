import { lstatSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { chooseAccount } from '@fermata/platform/embedded-postgres/run-as'
import { securityHeaders } from '@fermata/platform/security-headers'
import {
  createDataFolder, startServerProcess, type ServerProcess,
} from '@fermata/testkit/server-process'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** What the demonstration shows to this machine alone, and what nobody else on it may read. */

let server: ServerProcess
let data: Awaited<ReturnType<typeof createDataFolder>>
beforeAll(async () => {
  data = await createDataFolder()
  // As an older version left it.
  for (const folder of ['logs', 'backups/01234567'])
    mkdirSync(join(data.folder, folder), { recursive: true, mode: 0o755 })
  for (const file of ['logs/orders.log', 'backups/01234567/orders-00001'])
    writeFileSync(join(data.folder, file), '', { mode: 0o644 })
  server = await startServerProcess(data.folder, {
    HOST: '0.0.0.0', FERMATA_DEMO: 'true', TRUST_PROXY: '127.0.0.0/8, 10.0.0.0/8',
  })
}, 240_000)
afterAll(async () => {
  await server?.stop()
  await data.remove()
})

interface Reply { status: number, headers: Record<string, unknown> }

const ask = (
  path: string, headers: Record<string, string> = {}, host = '127.0.0.1'
) => new Promise<Reply>((resolve, reject) => {
  request({ host, port: new URL(server.url).port, path, headers: { host: 'localhost', ...headers } },
    answer => {
      answer.resume()
      answer.once('end', () => resolve({ status: answer.statusCode!, headers: answer.headers }))
    }).once('error', reject).end()
})

const mailbox = ['/mailbox', '/mailbox.data', '/%6dailbox', '//mailbox', '/mailbox/',
  '/api/notifications/mailbox', '/api/notifications/mailbox/']

test('mailbox: it answers this machine, whichever way it is written', async () => {
  for (const path of mailbox) expect([path, (await ask(path)).status]).toEqual([path, 200])
  expect((await ask('/mailbox', { 'x-forwarded-for': '127.0.0.1' })).status).toBe(200)
})

test('mailbox: nobody else is answered, whatever they say and whichever proxy is trusted', async () => {
  const elsewhere: Record<string, string>[] = [
    { 'x-forwarded-for': '203.0.113.9' }, { 'x-forwarded-for': '10.0.0.7' },
    { 'x-forwarded-for': '127.0.0.1, 203.0.113.9' }, { 'x-forwarded-for': '203.0.113.9, 127.0.0.1' },
    { 'x-real-ip': '203.0.113.9' }, { forwarded: 'for=203.0.113.9' }, { forwarded: 'for=unknown' },
    { via: '1.1 tunnel' }, { host: 'rebound.example' }, { host: '203.0.113.9' },
    { 'x-forwarded-host': 'demo.example' },
  ]
  for (const path of mailbox) for (const headers of elsewhere)
    expect([path, headers, (await ask(path, headers)).status]).toEqual([path, headers, 404])

  const outside = Object.values(networkInterfaces()).flat()
    .find(one => one?.family === 'IPv4' && !one.internal)?.address
  if (outside === undefined) return
  const forged: Record<string, string>[] = [{}, { 'x-forwarded-for': '127.0.0.1' }]
  for (const path of mailbox) for (const headers of forged)
    expect([path, (await ask(path, headers, outside)).status]).toEqual([path, 404])
  expect((await ask('/', {}, outside)).status).toBe(200)
})

test('headers: pages, files and their refusals carry what protects', async () => {
  const page = await (await fetch(server.url)).text()
  const file = /\/assets\/[\w.-]+\.js/.exec(page)![0]
  const asked: [path: string, headers?: Record<string, string>][] = [
    ['/'], ['/nowhere'], ['/events'], ['/account'], ['/%zz'], ['/robots.txt'], [file],
    [file, { 'if-none-match': String((await ask(file)).headers.etag) }],
    ['/', { 'if-none-match': String((await ask('/')).headers.etag) }],
    ['/assets/none.js'], ['/assets/%zz'], ['/assets/../../package.json'], ['/assets/%2e%2e/x'],
    ['/assets/'], [file, { range: 'bytes=99999999-' }], ['/docs'], ['/problems'],
    ['/problems/none/such'], ['/api/orders/docs'], ['/api/nothing'], ['/metrics'], ['/login'],
    ['/mailbox/nothing'], ['/api/events/art/none'], ['/health'],
  ]
  for (const [path, headers] of asked) {
    const answer = await ask(path, headers)
    const { 'content-security-policy': policy, ...others } = securityHeaders('http://localhost')
    expect([path, answer.headers]).toMatchObject([path, others])
    const said = answer.headers['content-security-policy']
    expect([path, policy !== undefined && said]).toEqual([path, expect.stringMatching(
      /default-src 'none'.*base-uri 'none'|base-uri 'none'.*default-src 'none'/)])
  }
})

/** Who may read what an installation keeps; the programs of the database are no secret. */
function openFiles (folder: string): string[] {
  const { uid, gid } = chooseAccount(join(data.folder, 'postgres', 'data'))
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.name === 'programs') return []
    const { mode, gid: group } = lstatSync(path)
    // As root the database is another account, which passes and reads by its own group.
    const others = uid !== undefined && group === gid ? 0o027 : 0o077
    const open = (mode & others) === 0 ? [] : [`${path} ${(mode & 0o777).toString(8)}`]
    return entry.isDirectory() ? [...open, ...openFiles(path)] : open
  })
}

test('data folder: whatever is in it is its owner\'s alone, also what was open before', () => {
  const passage = process.getuid?.() === 0 ? 0o710 : 0o700
  expect(statSync(data.folder).mode & 0o777).toBe(passage)
  expect(statSync(join(data.folder, 'postgres')).mode & 0o777).toBe(passage)
  for (const name of ['logs', 'backups'])
    expect(statSync(join(data.folder, name)).mode & 0o777).toBe(0o700)
  for (const name of ['logs/orders.log', 'secrets.json', 'backups/01234567/orders-00001'])
    expect([name, statSync(join(data.folder, name)).mode & 0o777]).toEqual([name, 0o600])
  expect(openFiles(data.folder)).toEqual([])
})
