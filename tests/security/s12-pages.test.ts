import { register } from '@fermata/contracts/auth'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { figure } from '../proofs/proof.ts'
import { listPages, startPages, type Pages } from './pages.ts'

/** S12, pages: what another site can cause a browser to send, at every form that there is. */

const site = 'https://tickets.example.org'
const password = 'correct horse battery'

let pages: Pages
let cookie: string
let ann: string
beforeAll(async () => {
  pages = await startPages(site)
  const body = { email: 'ann@example.com', password, username: 'Ann' }
  ann = (await pages.it.send(register, { body })).body.access_token
  cookie = `__Host-fermata_access=${await pages.it.personToken({ roles: ['admin'] })}`
}, 120_000)
afterAll(() => pages?.stop())

const types = {
  form: 'application/x-www-form-urlencoded', text: 'text/plain', json: 'application/json',
  multipart: 'multipart/form-data; boundary=x',
}
const bodies: Record<keyof typeof types, string> = {
  form: 'intent=delete&name=x', text: 'intent=delete', json: '{"intent":"delete"}',
  multipart: '--x\r\ncontent-disposition: form-data; name="intent"\r\n\r\ndelete\r\n--x--\r\n',
}

/** Where a browser says that a request came from, when it was no page of ours. */
const foreign: Record<string, Record<string, string>> = {
  'another site': { origin: 'https://evil.example' },
  'a page that hides': { origin: 'null' },
  'a name that begins alike': { origin: `${site}.evil.example` },
  'a neighbouring name': { origin: 'https://shop.tickets.example.org' },
  'our name over HTTP': { origin: 'http://tickets.example.org', host: 'tickets.example.org' },
  'no URL': { origin: 'tickets.example.org' },
  'another site without Origin': { 'sec-fetch-site': 'cross-site' },
  'a neighbour without Origin': { 'sec-fetch-site': 'same-site' },
  'a browser that says nothing': {},
  'a forwarded name': { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' },
}

const refused = 'This did not come from our page'

test('S12: every page with a form refuses those of other sites, whatever they send', async () => {
  const all = await listPages()
  const with_forms = all.filter(({ source }) => /export (?:async )?function action\b/.test(source))
  expect(with_forms.length).toBeGreaterThan(15)
  let count = 0
  for (const { path } of with_forms) {
    for (const address of [path, path === '/' ? '/_.data' : `${path}.data`]) {
      for (const [name, headers] of Object.entries(foreign)) {
        const type = Object.keys(types)[count++ % 4] as keyof typeof types
        const answer = await pages.open(address, { method: 'POST', body: bodies[type],
          headers: { cookie, 'content-type': types[type], ...headers } })
        expect([address, name, answer.status]).toEqual([address, name, 403])
        expect(await answer.text()).toContain(refused)
        expect(answer.headers.getSetCookie()).toEqual([])
      }
    }
  }
  figure('S12', `${count} forms of other sites at ${with_forms.length} pages: all refused.`)
}, 60_000)

test('S12: forms of our own pages are taken, so the test above can fail', async () => {
  for (const headers of [
    { origin: site }, { 'sec-fetch-site': 'same-origin' },
    { origin: pages.url.replace('http:', 'https:') },
  ] as Record<string, string>[]) {
    const answer = await pages.open('/sign-out', {
      method: 'POST', body: bodies.form, headers: { 'content-type': types.form, ...headers } })
    expect(answer.status).toBe(302)
  }
})

test('S12: another site neither signs a visitor in nor out', async () => {
  const body = new URLSearchParams({ email: 'ann@example.com', password, next: '/' })
  const signIn = (origin: string) =>
    pages.open('/sign-in', { method: 'POST', body, headers: { origin } })
  const stranger = await signIn('https://evil.example')
  expect([stranger.status, stranger.headers.getSetCookie()]).toEqual([403, []])
  const own = await signIn(site)
  const cookies = own.headers.getSetCookie()
  expect(own.status).toBe(302)
  expect(cookies.map(text => text.split('=')[0]))
    .toEqual(['__Host-fermata_access', '__Host-fermata_refresh', '__Host-fermata_device'])
  const kept = cookies.map(text => text.split(';')[0]).join('; ')
  const signOut = (origin: string) =>
    pages.open('/sign-out',
      { method: 'POST', body: new URLSearchParams(), headers: { origin, cookie: kept } })
  expect((await signOut('https://evil.example')).status).toBe(403)
  expect((await pages.open('/account/settings', { headers: { cookie: kept } })).status).toBe(200)
  expect((await signOut(site)).status).toBe(302)
  expect((await pages.open('/account/settings', { headers: { cookie: kept } })).status).toBe(302)
})

test('S12: what a page keeps is named, bound and hidden as only HTTPS allows', async () => {
  const written = [
    ...(await pages.open('/?lang=fr')).headers.getSetCookie(),
    ...(await pages.open('/sign-in', { method: 'POST', headers: { origin: site },
      body: new URLSearchParams({ email: 'ann@example.com', password }) })).headers.getSetCookie(),
    ...(await pages.open('/account/tickets', { headers: {
      cookie: '__Host-fermata_access=stale; __Host-fermata_refresh=stale',
    } })).headers.getSetCookie(),
  ]
  expect(written.length).toBeGreaterThanOrEqual(5)
  for (const text of written) {
    expect(text).toMatch(/^__Host-fermata_\w+=/)
    for (const attribute of ['; Path=/', '; HttpOnly', '; SameSite=Lax', '; Secure']) {
      expect(text).toContain(attribute)
    }
    expect(text).not.toMatch(/domain/i)
  }
})

test('S12: over HTTPS no cookie counts that a neighbour could have set', async () => {
  const open = (name: string) =>
    pages.open('/account/settings', { headers: { cookie: `${name}=${ann}` } })
  expect((await open('__Host-fermata_access')).status).toBe(200)
  expect((await open('fermata_access')).status).toBe(302)
  const french = await pages.open('/', { headers: { cookie: 'fermata_lang=fr' } })
  expect(await french.text()).toContain('<html lang="en"')
})
