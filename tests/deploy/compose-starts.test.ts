import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { login, getMe, resetPassword } from '@fermata/contracts/auth'
import { createClient } from '@fermata/contracts/client'
import { listEvents } from '@fermata/contracts/events'
import { listTicketTypes, placeOrder } from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import { serviceNames } from '@fermata/contracts/services'
import { listTickets } from '@fermata/contracts/tickets'
import { beforeAll, expect, test } from 'vitest'
import type { ComposeFile } from '../../deploy/compose.ts'
import { readByCompose } from '../../deploy/dotenv.ts'
import { buildWebWhenStale } from '../../tools/build-web.ts'
import { buyer, eventually, must } from '../end-to-end/sell.ts'
import { renderCompose, startInstallation } from './run-compose.ts'

/** What both Compose files promise, tried with what Compose itself makes of them. */

const patient_ms = 420_000
const page = readFileSync(new URL('../../docs/operate/deploy.md', import.meta.url), 'utf8')

beforeAll(() => buildWebWhenStale(), patient_ms)

const callAt = (url: string, token?: string) => createClient({
  base_url: url, fetch: (address, init) => fetch(address, init),
  headers: token ? { authorization: `Bearer ${token}` } : {} }).call

const statusOf = (url: string, headers: Record<string, string>) =>
  new Promise<number>((resolve, reject) => {
    request(url, { headers: { host: 'localhost', ...headers } }, answer => {
      answer.resume()
      resolve(answer.statusCode!)
    }).once('error', reject).end()
  })

test('compose development: it is the whole demonstration, and a demo account buys a ticket', async () => {
  const file = renderCompose('compose.yml', {})
  expect(file.services['backups-service']!.environment!.BACKUP_SCHEDULE).toBe('*/10 * * * *')
  const shop = await startInstallation(file)
  try {
    expect(await shop.exec('demo')).toMatchObject({ code: 0 })
    // Once more, as Compose does at each `up`.
    expect(await shop.exec('demo')).toMatchObject({ code: 0 })
    const { access_token } = await must(callAt(shop.url)(login, {
      body: { email: 'user@example.com', password: 'password' } }), login)
    const call = callAt(shop.url, access_token)
    const { items } = await must(call(listEvents, { query: {} }), listEvents)
    expect(items.length).toBeGreaterThan(3)
    const [open] = (await Promise.all(items.map(async ({ id }) =>
      (await must(call(listTicketTypes, { query: { event_id: id } }), listTicketTypes)).items)))
      .flat().filter(type => type.on_sale === 'open')
    const order = await must(call(placeOrder, { body: { event_id: open!.event_id, buyer: buyer(),
      items: [{ ticket_type_id: open!.id, quantity: 1 }] } }), placeOrder)
    if (order.total_minor > 0) await must(call(startPayment, { body: { order_id: order.id,
      provider: 'simulated', method: { test_card: 'success' } } }), startPayment)
    await eventually(async () => (await must(
      call(listTickets, { query: { order_id: order.id } }), listTickets)).items[0], 'the ticket', 60_000)

    const elsewhere: Record<string, string>[] =
      [{ host: 'demo.example' }, { 'x-forwarded-for': '203.0.113.9' }]
    const mails = `${shop.url}/api/notifications/mailbox`
    await eventually(async () => (await (await fetch(`${mails}?to=${buyer().email}`)).json() as {
      items: unknown[] }).items[0], 'the mail', 60_000)
    for (const url of [mails, `${shop.url}/mailbox`]) {
      expect([url, await statusOf(url, {})]).toEqual([url, 200])
      for (const headers of elsewhere)
        expect([url, headers, await statusOf(url, headers)]).toEqual([url, headers, 404])
    }
    const roles = await shop.roles()
    expect(roles.length).toBeGreaterThan(serviceNames.length)
    expect(roles.filter(name => !name.endsWith('_serving'))).toEqual([])
    expect(await statusOf(`${shop.url}/docs`, {})).toBe(200)
    expect(await statusOf(`${shop.url}/api/orders/doc/`, {})).toBeLessThan(400)
  } finally {
    await shop.stop()
  }
}, patient_ms)

test('compose development: whatever is open is open to this machine alone, at the usual ports', () => {
  const { services } = renderCompose('compose.yml', {})
  const ports = Object.values(services).flatMap(one => one.ports ?? [])
  expect(ports.filter(port => !port.startsWith('127.0.0.1:'))).toEqual([])
  for (const port of ['80:80', '8000:80', '8080:8080'])
    expect(services.traefik!.ports!.map(one => one.replace('/tcp', '')))
      .toContain(`127.0.0.1:${port}`)
})

/** The lines that the page asks for, without what stands behind them. */
function documentedSettings (): Record<string, string> {
  const lines = /```sh\n(\s*PUBLIC_URL=[^`]*)```/.exec(page)![1]!.trim().split('\n')
  return Object.fromEntries(lines.map(line => {
    const [, name, value] = /^\s*([A-Z_]+)=('[^']*'|\S*)/.exec(line)!
    return [name!, value!.replaceAll("'", '')]
  }))
}

test('compose production: the documented command appoints the first administrator', async () => {
  const file = renderCompose('docker-compose.prod.yml', documentedSettings())
  const shop = await startInstallation(file)
  try {
    const command = /exec auth-service (node .*)/.exec(page)![1]!.split(' ')
    const { code, output } = await shop.exec('auth-service', command)
    expect([code, output]).toEqual([0, expect.stringContaining('is an administrator now')])
    const link = /https:\S+token=\S+/.exec(output)![0]
    expect(link).toMatch(/^https:\/\/tickets\.example\.org\/reset-password/)
    const password = 'a long enough password'
    await must(callAt(shop.url)(resetPassword, { body: {
      token: new URL(link).searchParams.get('token')!, new_password: password } }), resetPassword)
    const { access_token } = await must(callAt(shop.url)(login, {
      body: { email: 'ops@example.org', password } }), login)
    expect((await must(callAt(shop.url, access_token)(getMe), getMe)).roles).toContain('admin')
    // Nothing of the demonstration is here.
    expect(await statusOf(`${shop.url}/mailbox`, {})).toBe(404)
    expect((await callAt(shop.url)(login, {
      body: { email: 'admin@example.com', password: 'password' } })).ok).toBe(false)
  } finally {
    await shop.stop()
  }
}, patient_ms)

/** Every line of `.env.example`, with a value that nobody else uses. */
const settings = Object.fromEntries(
  [...readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')
    .matchAll(/^#([A-Z_]+)=/gm)].map(([, name], index) => [name!, `${20_001 + index}`]))

test('.env: Compose reads a line, or the line says that it does not', () => {
  const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')
  const rendered = {
    development: renderCompose('compose.yml', settings),
    production: renderCompose('docker-compose.prod.yml', settings),
  }
  const isIn = (file: ComposeFile, value: string) => JSON.stringify(Object.values(file.services)
    .map(({ environment, image, ports }) => [environment, image, ports])).includes(value)
  for (const [name, value] of Object.entries(settings)) {
    const above = example.split(`\n#${name}=`)[0]!.split('\n').at(-1)!
    const read = readByCompose(name)
    const found = {
      development: isIn(rendered.development, value), production: isIn(rendered.production, value) }
    expect([name, found]).toEqual([name, { development: read.development, production: read.production }])
    const is_noted = above.startsWith('# (Compose ')
    const compose_only = /^(HOST_PORT|DASHBOARD|FERMATA_VERSION)/.test(name)
    expect([name, is_noted]).toEqual(
      [name, !compose_only && !(read.development && read.production)])
  }
})
