import * as auth from '@fermata/contracts/auth'
import { uuidv7 } from '@fermata/platform/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPages, type Pages } from '../security/pages.ts'

/** What pages say to whoever comes with a link, or a right, that is none any more. */

const public_url = 'https://tickets.example.org'
let pages: Pages

beforeAll(async () => { pages = await startPages(public_url) }, 240_000)
afterAll(() => pages.stop())

const open = (path: string, language = 'en') => pages.open(path,
  { headers: { 'accept-language': language }, redirect: 'manual' })
const send = (path: string, fields: Record<string, string> | [string, string][], cookie = '') =>
  pages.open(path, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields),
    headers: { origin: public_url, 'accept-language': 'en', cookie } })
const mainOf = (html: string) => html.slice(html.indexOf('<main'), html.indexOf('</main>'))

test('a link that opens no order leads to the sign-in, which says so', async () => {
  const path = `/orders/${uuidv7()}`
  for (const token of ['cut-off', `ot_${'x'.repeat(60)}`]) {
    const answer = await open(`${path}?token=${token}`)
    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toBe(`/sign-in?bad_link=1&next=${encodeURIComponent(path)}`)
  }
  const page = `/sign-in?bad_link=1&next=${encodeURIComponent(path)}`
  expect(mainOf(await (await open(page)).text())).toContain('This link does not open the order.')
  expect(mainOf(await (await open(page, 'fr')).text())).toContain('ouvre pas la commande.')
})

test('with a link that was used no form is shown, but the way to a new one', async () => {
  const token = 'x'.repeat(43)
  const reset = await send('/reset-password', { token, new_password: `pass ${uuidv7()}` })
  const verified = await send('/verify-email', { token, way: 'password', password: 'whatever it is' })
  expect([reset.status, verified.status]).toEqual([400, 400])
  // Before anybody types anything, too.
  const seen = await Promise.all(['/reset-password', '/verify-email'].map(path =>
    open(`${path}?token=${token}`)))
  for (const answer of [reset, verified, ...seen]) {
    const html = mainOf(await answer.text())
    expect(html).toContain('was used already or is too old')
    expect(html).toContain('Ask for a new link')
    expect(html).not.toContain('<form')
  }
})

test('an administrator who changes the own roles is told why they are signed out', async () => {
  const { it } = pages
  const body = { email: `${uuidv7()}@example.com`, password: `pass ${uuidv7()}` }
  for (const email of [`${uuidv7()}@example.com`, body.email]) {
    await it.send(auth.register, { body: { ...body, email, username: 'Ada' } })
    await it.context('auth').pool.query(`update auth.accounts
      set roles = '{user,admin}', email_verified_at = now() where email = $1`, [email])
  }
  const { access_token, user } = (await it.send(auth.login, { body })).body
  const cookie = `__Host-fermata_access=${access_token}`
  const form = (...roles: string[]): [string, string][] =>
    [['user_id', user.id], ...roles.map((role): [string, string] => ['role', role])]
  const same = await send('/admin/users', form('admin', 'user'), cookie)
  expect(same.status).toBe(200)

  const changed = await send('/admin/users', form('user'), cookie)

  expect([changed.status, changed.headers.get('location')])
    .toEqual([302, '/sign-in?roles=1&next=/admin/users'])
  expect(changed.headers.getSetCookie().some(line => /fermata_access=;/.test(line))).toBe(true)
  expect(mainOf(await (await open('/sign-in?roles=1&next=/admin/users')).text()))
    .toContain('signed you out everywhere')
}, 60_000)
