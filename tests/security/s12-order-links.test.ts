import { createClient, type Call } from '@fermata/contracts/client'
import { register } from '@fermata/contracts/auth'
import { placeOrder } from '@fermata/contracts/orders'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { must, putOnSale } from '../end-to-end/sell.ts'
import { startPages, type Pages } from './pages.ts'

/** S12, S34: what a link to an order leaves in a browser, and a forged name in a page. */

const site = 'https://tickets.example.org'

let pages: Pages
let order: { id: string, token: string }
let ann: string
let slug: string
const cookieOf = (token: string) => `__Host-fermata_order_${order.id}=${token}`

beforeAll(async () => {
  pages = await startPages(site)
  const { it } = pages
  const callAs = (token: string): Call => createClient({
    base_url: '', headers: { authorization: `Bearer ${token}` },
    fetch: async (url, init) => {
      const answer = await it.system.app.inject({ url, method: init.method as 'GET',
        headers: Object.fromEntries(new Headers(init.headers)), payload: init.body as string })
      return new Response(answer.payload || null,
        { status: answer.statusCode, headers: { 'content-type': 'application/json' } })
    },
  }).call
  const organizer = callAs(await it.personToken({ roles: ['event_creator'] }))
  const sale = await putOnSale(organizer, { price_minor: 0 })
  slug = sale.event.slug
  const body = { email: 'ann@example.com', password: 'plenty of quiet rivers', username: 'Ann' }
  await it.send(register, { body })
  const signedIn = await pages.open('/sign-in',
    { method: 'POST', headers: { origin: site }, body: new URLSearchParams(body) })
  const access = /^__Host-fermata_access=[^;]+/
  ann = signedIn.headers.getSetCookie().flatMap(text => access.exec(text)?.[0] ?? [])[0]!
  const token = decodeURIComponent(ann.split('=')[1]!)
  const placed = await must(callAs(token)(placeOrder, { body: { event_id: sale.event.id,
    items: [{ ticket_type_id: sale.ticket_type.id, quantity: 1 }],
    buyer: { name: 'Ann', email: 'ann@example.com', locale: 'en' } } }), placeOrder)
  order = { id: placed.id, token: placed.access_token }
}, 120_000)
afterAll(() => pages?.stop())

const kept = (answer: Response) =>
  answer.headers.getSetCookie().filter(text => text.includes('_order_'))

test('S12: a link is kept when it opens the order, and only then', async () => {
  const good = await pages.open(`/orders/${order.id}?token=${order.token}`)
  expect([good.status, good.headers.get('location')]).toEqual([302, `/orders/${order.id}`])
  expect(kept(good)[0]).toContain(`${cookieOf(order.token)};`)
  const headers = { cookie: cookieOf(order.token) }
  expect((await pages.open(`/orders/${order.id}`, { headers })).status).toBe(200)
  for (const path of [`/orders/${order.id}?token=${order.token}x`, `/orders/${order.id}?token=`,
    `/orders/anything?token=${order.token}`, `/orders/${order.id}?token=a%20b`]) {
    const bad = await pages.open(path)
    expect([path, bad.status, kept(bad)]).toEqual([path, 302, []])
  }
})

test('S12: a cookie that opens nothing goes, and the login is asked instead', async () => {
  const stale = cookieOf(`${order.token}x`)
  const guest = await pages.open(`/orders/${order.id}`, { headers: { cookie: stale } })
  expect(guest.headers.get('location')).toContain('/sign-in?next=')
  expect(kept(guest)[0]).toContain('Max-Age=0')
  const owner = await pages.open(`/orders/${order.id}`, { headers: { cookie: `${stale}; ${ann}` } })
  expect(owner.status).toBe(200)
  expect(kept(owner)[0]).toContain('Max-Age=0')
})

test('S34: a forged name of this host is in no page, link, redirect or cookie', async () => {
  const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example',
    forwarded: 'host=evil.example', 'x-forwarded-proto': 'http' }
  for (const path of ['/', `/events/${slug}`, `/events/${slug}.data`, '/account/tickets',
    '/sign-in', '/nothing', `/orders/${order.id}?token=${order.token}`]) {
    const answer = await pages.open(path, { headers })
    const all = JSON.stringify([...answer.headers]) + await answer.text()
    expect([path, all.includes('evil.example')]).toEqual([path, false])
  }
  expect(await (await pages.open(`/events/${slug}`, { headers })).text())
    .toContain(`<link rel="canonical" href="${site}/events/${slug}"`)
})
