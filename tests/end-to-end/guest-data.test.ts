import { getMail, listMailbox } from '@fermata/contracts/notifications'
import { uuidv7 } from '@fermata/platform/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPages, type Pages } from '../security/pages.ts'

/** The page with which somebody without an account sees and erases what is kept, without script. */

const public_url = 'https://tickets.example.org'
let pages: Pages

beforeAll(async () => { pages = await startPages(public_url) }, 240_000)
afterAll(() => pages.stop())

const send = (path: string, fields: Record<string, string>, language = 'en') => pages.open(path, {
  method: 'POST', body: new URLSearchParams(fields),
  headers: { origin: public_url, 'accept-language': language },
})

async function mailedPath (email: string): Promise<string> {
  const mail = await pages.it.eventually(async () => {
    const { body } = await pages.it.send(listMailbox, { query: { to: email } })
    const newest = body.items[0]
    return newest && (await pages.it.send(getMail, { params: { id: newest.id } })).body
  }, 'the mail')
  return /https:\/\/tickets\.example\.org(\/\S*)/.exec(mail.text)![1]!
}

const grantIn = (html: string) => /name="grant" value="([\w-]+)"/.exec(html)?.[1]

test('/my-data: a guest asks, presses the button of the mailed page, downloads and erases', async () => {
  const email = `guest-${uuidv7()}@example.com`
  expect(await (await pages.open('/')).text()).toContain('href="/my-data"')
  const asked = await send('/my-data', { email })
  expect(asked.status).toBe(200)
  expect(await asked.text()).toContain('A mail is on its way to this address')

  const again = await send('/my-data', { email }, 'fr')
  expect([again.status, /demandez-en un autre dans 1\s?minute/.test(await again.text())])
    .toEqual([429, true])

  const path = await mailedPath(email)
  expect(path).toMatch(/^\/my-data\?token=/)
  // As a scanner of mails does, twice: it shows nothing and uses nothing up.
  for (let look = 0; look < 2; look++) {
    const html = await (await pages.open(path)).text()
    expect(html).not.toContain(email)
    expect(html).toContain('name="token"')
  }
  const token = new URL(path, public_url).searchParams.get('token')!
  const opened = await (await send(path, { form: 'open', token })).text()
  const grant = grantIn(opened)!
  expect(opened).toContain(email)

  const file = await send('/my-data/download', { grant })
  expect([file.status, file.headers.get('cache-control')]).toEqual([200, 'no-store'])
  expect(file.headers.get('content-disposition')).toContain('attachment')
  expect(await file.json()).toMatchObject({ email, records: expect.any(Array) as unknown[] })

  expect(await (await send('/my-data', { form: 'erase', grant })).text()).toContain('are being erased')
  await pages.it.eventually(async () =>
    (await pages.it.send(listMailbox, { query: { to: email } })).body.items.length === 0, 'the erasure')
  expect((await send('/my-data', { form: 'erase', grant })).status).toBe(400)
}, 60_000)

test('/my-data: says alike that a mail is on its way, in the reader\'s language, and what is wrong', async () => {
  const texts = await Promise.all(['nobody@example.com', `guest-${uuidv7()}@example.com`].map(async email =>
    (await (await send('/my-data', { email }, 'fr')).text()).replaceAll(email, '')))
  const shown = texts.map(text => /role="status"[^>]*>([^<]*)</g.exec(text.slice(text.indexOf('<main')))?.[0])
  expect(shown[0]).toBe(shown[1])
  expect(texts[0]).toContain('Un e-mail part vers cette adresse')
  expect((await send('/my-data', { email: 'nobody' })).status).toBe(400)
  const bad = await send('/my-data', { form: 'open', token: 'x'.repeat(43) })
  expect([bad.status, (await bad.text()).includes('This link was used already')]).toEqual([400, true])
  expect((await send('/my-data/download', { grant: 'x'.repeat(43) })).status).toBe(404)
  // Of another site.
  const foreign = await pages.open('/my-data', { method: 'POST', body: new URLSearchParams({ email: 'a@example.com' }),
    headers: { origin: 'https://evil.example' } })
  expect(foreign.status).toBe(403)
}, 60_000)
