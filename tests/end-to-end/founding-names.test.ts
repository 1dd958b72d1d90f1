import { startInstallation, start_within_ms, type Installation } from '@fermata/testkit/installation'
import { createDataFolder } from '@fermata/testkit/server-process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { signIn, type Account } from './sell.ts'

/**
 * Every name that a text about ticket shops gave to something of ours: it does what it says, or a
 * problem says which name does. Never a page that nobody was looking for.
 */

let server: Installation
let data: Awaited<ReturnType<typeof createDataFolder>>
const tokens = new Map<Account, string>()

beforeAll(async () => {
  data = await createDataFolder()
  server = await startInstallation(data.folder)
  for (const account of ['user', 'eventcreator', 'operator', 'admin'] as const) {
    tokens.set(account, await signIn(server.call, account))
  }
}, start_within_ms)
afterAll(async () => {
  await server?.stop()
  await data.remove()
})

const nobodys_id = '0198f3c0-0000-7000-8000-000000000001'
const who = `old.names.${Date.now()}`

interface Asked { method?: string, path: string, as?: Account, body?: unknown, html?: boolean }

const ask = ({ method = 'GET', path, as, body, html }: Asked) => fetch(server.url + path, {
  method, redirect: 'manual', headers: {
    ...(as && { authorization: `Bearer ${tokens.get(as)!}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(html && { accept: 'text/html' }),
  }, body: body === undefined ? undefined : JSON.stringify(body) })

const credentials = { email: 'user@example.com', password: 'password' }
const newcomer = (name: string) =>
  ({ email: `${who}.${name}@example.org`, password: 'correct horse battery', username: 'Old Name' })
const nobodys_order = { event_id: nobodys_id, items: [{ ticket_type_id: nobodys_id, quantity: 1 }],
  buyer: { name: 'Ann', email: 'ann@example.org', locale: 'en' } }
const nobodys_payment = { order_id: nobodys_id, provider: 'simulated', method: { test_card: 'success' } }

/** What does the same under another name, with the status that shows that it was done. */
const same: [Asked, number][] = [
  [{ method: 'POST', path: '/register', body: newcomer('one') }, 201],
  [{ method: 'POST', path: '/api/users/register', body: newcomer('two') }, 201],
  [{ method: 'POST', path: '/login', body: credentials }, 200],
  [{ method: 'POST', path: '/api/users/login', body: credentials }, 200],
  [{ path: '/users', as: 'admin' }, 200], [{ path: '/users' }, 401],
  [{ path: `/users/${nobodys_id}`, as: 'admin' }, 404],
  [{ path: '/events' }, 200], [{ method: 'POST', path: '/events', as: 'eventcreator', body: {} }, 400],
  [{ path: '/bookings', as: 'user' }, 200], [{ path: '/api/bookings', as: 'user' }, 200],
  [{ method: 'POST', path: '/bookings', body: nobodys_order }, 404],
  [{ path: `/bookings/${nobodys_id}`, as: 'user' }, 404],
  [{ path: `/api/bookings/${nobodys_id}`, as: 'user' }, 404],
  [{ method: 'POST', path: `/bookings/${nobodys_id}/cancel`, as: 'user' }, 404],
  [{ path: '/notifications', as: 'user' }, 200],
  [{ method: 'POST', path: '/notifications', as: 'user', body: {} }, 403],
  [{ method: 'POST', path: '/api/payment', as: 'user', body: nobodys_payment }, 404],
  [{ method: 'POST', path: '/api/payment/initiate', as: 'user', body: nobodys_payment }, 404],
  [{ method: 'POST', path: '/api/payments/initiate', as: 'user', body: nobodys_payment }, 404],
  [{ path: `/api/payment/${nobodys_id}`, as: 'user' }, 404],
  [{ method: 'POST', path: `/api/payment/${nobodys_id}/confirm`, as: 'user' }, 404],
]

/** What is asked for elsewhere, with the name that the answer gives. */
const moved: [Asked, string][] = [
  [{ method: 'PUT', path: `/api/events/${nobodys_id}/update_tickets`, body: { ticket_capacity: 3 } },
    'PATCH /api/ticket-types/{id}'],
  [{ method: 'PUT', path: `/api/events/${nobodys_id}`, body: {} }, 'PATCH /api/events/{id}'],
  [{ method: 'POST', path: '/api/users', as: 'admin', body: newcomer('three') }, 'POST /api/auth/register'],
  [{ method: 'PUT', path: `/api/users/${nobodys_id}`, body: {} }, 'PATCH /api/users/{id}'],
  [{ method: 'POST', path: '/api/tickets', as: 'eventcreator', body: { price: 12 } }, 'POST /api/ticket-types'],
  [{ method: 'PUT', path: `/api/tickets/${nobodys_id}`, body: {} }, 'PATCH /api/ticket-types/{id}'],
  [{ method: 'DELETE', path: `/api/tickets/${nobodys_id}` }, 'POST /api/tickets/{id}/void'],
  [{ path: '/api/notifications/user@example.com', as: 'user' }, 'GET /api/notifications'],
  [{ method: 'POST', path: '/api/payment/refunds', body: {} }, '/api/payments'],
  [{ method: 'POST', path: '/api/payments/confirm', body: {} }, 'POST /api/payments/{id}/confirm'],
]

/** Pages for people. */
const pages: [string, string][] = [
  ['/docs/api', '/docs'], ['/api-docs', '/docs'], ['/register', '/sign-up'], ['/login', '/sign-in'],
]

const told = ({ method = 'GET', path, as }: Asked) => `${method} ${path}${as ? ` as ${as}` : ''}`

test.each(same.map(([asked, status]) => [told(asked), asked, status] as const))(
  '%s does what it says', async (_, asked, status) => {
    const answer = await ask(asked)
    expect([answer.status, answer.headers.get('content-type')?.split(';')[0]])
      .toEqual([status, status < 400 ? 'application/json' : 'application/problem+json'])
  })

test.each(moved.map(([asked, use]) => [told(asked), asked, use] as const))(
  '%s says which name to use', async (_, asked, use) => {
    const answer = await ask({ ...asked, html: true })
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect([answer.status, await answer.json()]).toMatchObject([410, { type: '/problems/request/moved', use }])
  })

test.each(pages)('GET %s leads to %s', async (path, to) => {
  const answer = await ask({ path, html: true })
  const led_to = new URL(answer.headers.get('location') ?? '', server.url).pathname
  expect([answer.status, led_to]).toEqual([308, to])
  expect((await ask({ path: to, html: true })).status).toBe(200)
})

test('the shorthands of a proxy of development are no page anywhere', async () => {
  for (const path of ['/auth/me', '/tickets/x', '/notifications/user@example.com']) {
    const answer = await ask({ path, html: true })
    expect(answer.headers.get('content-type'), path).toMatch(/json/)
  }
})

test('one page lists all these names', async () => {
  const answer = await ask({ path: '/docs/coming-from', html: true })
  const text = await answer.text()
  expect(answer.status).toBe(200)
  for (const name of ['POST /register', 'GET /bookings', 'PUT /api/events/{id}/update_tickets']) {
    expect(text).toContain(name)
  }
})
