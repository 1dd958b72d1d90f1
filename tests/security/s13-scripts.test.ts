import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { placeOrder, setFairShares } from '@fermata/contracts/orders'
import { listMailbox } from '@fermata/contracts/notifications'
import { launchBrowser } from '@fermata/testkit/browser'
import {
  createDataFolder, startServerProcess, type ServerProcess,
} from '@fermata/testkit/server-process'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, must, signIn, type Account } from '../end-to-end/sell.ts'
import { allRoutes } from './fuzz/routes.ts'
import { listPatterns } from './pages.ts'
import {
  admitFirst, cancelWithReasons, writePayloads, written_elsewhere, type PayloadSale, type People,
} from './payload-sale.ts'
import { payloads, textFields } from './payloads.ts'
import { atScale, figure } from '../proofs/proof.ts'
import { oneSpaced, watchPages, type Watched } from './watched-pages.ts'

/**
 * S13: nothing that people type ever runs. Every text of every form holds payloads, and every page
 * is opened in a browser by whom it is for.
 */

/** Each puts every payload into another field. */
const rounds = atScale(1, payloads.length)

let browser: Browser
let server: ServerProcess
let data: Awaited<ReturnType<typeof createDataFolder>>
let people: People
let visitors: Record<Account, Watched>

beforeAll(async () => {
  data = await createDataFolder()
  const started = await Promise.all([launchBrowser(), startServerProcess(data.folder)])
  browser = started[0]
  server = started[1]
  const accounts = ['user', 'eventcreator', 'operator', 'admin'] as const
  const signedIn = await Promise.all(accounts.map(async account =>
    [account, await signInAs(account)] as const))
  visitors = Object.fromEntries(signedIn) as typeof visitors
}, 240_000)
afterAll(async () => {
  await browser?.close()
  await server?.stop()
  await data.remove()
})

/** A token of the API lives for a quarter of an hour, and a slow machine visits for longer. */
async function signInAll (): Promise<People> {
  const as = async (account: Account) => server.callAs(await signIn(server.call, account))
  return { user: await as('user'), eventcreator: await as('eventcreator'),
    operator: await as('operator'), admin: await as('admin') }
}

async function signInAs (account: Account): Promise<Watched> {
  const watched = await watchPages(browser, server.url)
  const { page } = watched
  await page.goto('/sign-in')
  await page.fill('input[name=email]', `${account}@example.com`)
  await page.fill('input[name=password]', 'password')
  await page.click('main button[type=submit]')
  await page.waitForURL(url => url.pathname !== '/sign-in')
  return watched
}

/** From the event to the tickets through the pages, with a name of payloads. @returns the order */
async function buy ({ page, open, look }: Watched, sale: PayloadSale, name: string) {
  await open(`/events/${sale.event.slug}`)
  await page.locator('main select').first().selectOption('2')
  await page.click('main form button[type=submit]')
  await page.waitForURL(/\/checkout/)
  await look()
  await page.fill('input[name=name]', name)
  await page.fill('input[name=email]', 'user@example.com')
  await page.click('main form button[type=submit]')
  await page.waitForURL(/\/orders\/[^/]+\/pay/)
  await look()
  await page.check('#card-success')
  await page.click('button[value=pay]')
  await page.waitForURL(/\/orders\/[0-9a-f-]+(\?|$)/)
  await page.locator('main img[src*="qr.svg"]').first().waitFor()
  await look()
  return /orders\/([0-9a-f-]+)/.exec(page.url())![1]!
}

interface Ids { event: string, slug: string, order: string, ticket: string, mail: string }

/** A pattern of routes.ts, with what this sale has for its parameters. */
const addressOf = (pattern: string, ids: Ids) => pattern
  .replace(':slug', ids.slug).replace(':event_id', ids.event).replace(':order_id', ids.order)
  .replace(/^\/orders\/:id/, `/orders/${ids.order}`)
  .replace(/^\/mailbox\/:id/, `/mailbox/${ids.mail}`)
  .replace(/^\/organizer\/events\/:id/, `/organizer/events/${ids.event}`)
  .replace(':id', ids.ticket).replace(':file', 'qr.svg').replace(':part', 'html')
  .replace(':category', 'talk').replace('*', `no/${encodeURIComponent(payloads[0]!.text)}`)

const personFor = (address: string): Account =>
  address.startsWith('/organizer') ? 'eventcreator' : address.startsWith('/door') ? 'operator'
    : address.startsWith('/admin') ? 'admin' : 'user'

/** Pages that say again what their address says. */
const repeating = (sale: PayloadSale) => {
  const said = encodeURIComponent(payloads.slice(0, 3).map(({ text }) => text).join(' '))
  return ['/?q=', '/?city=', '/sign-in?email=', '/sign-in?next=', '/verify-email?token=',
    '/reset-password?token=', '/mailbox?to=', '/admin/users?q=', '/admin/events?q=',
    `/door/${sale.event.id}?gate=`, `/events/${sale.event.slug}?promo_code=`]
    .map(address => address + said)
}

/** Pictures and answers of the API, opened as pages of their own. */
const bare = ({ event }: PayloadSale) => [
  `/api/events/${event.id}`, `/api/events/${event.id}/artwork.svg`, '/api/users/me',
]

/** Opens each as whom it is for, everybody at once. @returns what could not be opened */
async function visitAll (addresses: string[]): Promise<string[]> {
  const failed: string[] = []
  await Promise.all(Object.entries(visitors).map(async ([account, { open }]) => {
    for (const address of addresses.filter(one => personFor(one) === account)) {
      const status = await open(address)
      if (status >= 500) failed.push(`${address}: ${status}`)
    }
  }))
  return failed
}

async function latestMails (): Promise<string[]> {
  const { items } = await must(server.call(listMailbox, { query: { limit: 50 } }), listMailbox)
  return items.map(({ id }) => id)
}

async function mailsAbout (subject_part: string): Promise<string[]> {
  const { items } = await must(server.call(listMailbox, { query: { limit: 100 } }), listMailbox)
  const part = oneSpaced(subject_part).slice(0, 20)
  return items.filter(({ subject }) => subject.includes(part)).map(({ id }) => id)
}

/** Texts that only the API gives, so no page shows them. */
const on_no_page = [/^createPool name$/, /^voidTicket reason$/]

async function walk (round: number) {
  people = await signInAll()
  const sale = await writePayloads(people, round)
  const { filler, event } = sale
  await must(people.eventcreator(setFairShares, { params: { event_id: event.id },
    body: { network_share_percent: 100, max_per_buyer: null } }), setFairShares)
  const { buyer: { name } } = filler.write({ name: 'placeOrder', body: placeOrder.body!,
    without: ['access_code'] }, { buyer: { name: '' } })
  const order = await buy(visitors.user, sale, name)
  const ticket = await admitFirst(people, sale)
  await eventually(async () => (await mailsAbout(event.title)).length > 0, 'a mail with the title')
  const message = filler.texts.get('sendNotification title')!
  const [mail] = await eventually(async () => {
    const found = await mailsAbout(message)
    return found.length > 0 && found
  }, 'the message')
  const ids = { event: event.id, slug: event.slug, order, ticket: ticket.id, mail: mail! }
  const addresses = [
    ...(await listPatterns()).map(({ path }) => addressOf(path, ids))
      .filter(address => !address.includes('/export') && !address.startsWith('/sign-out')),
    ...(await mailsAbout(event.title)).flatMap(id => [`/mailbox/${id}`, `/mailbox/${id}/html`]),
    ...repeating(sale), ...bare(sale),
    `/door/${event.id}?q=${encodeURIComponent(ticket.code)}`,
    `/events/${event.slug}?code=${encodeURIComponent(sale.access_code)}`,
  ].map(address => address || '/')
  const failed = await visitAll([...new Set(addresses)])
  const before = await latestMails()
  people = await signInAll()
  await cancelWithReasons(people, sale, order)
  const told = await eventually(async () => {
    const now = (await latestMails()).filter(id => !before.includes(id))
    // Of a part of the money, of the end, and of the rest of the money.
    return now.length >= 3 && now
  }, 'the mails about the end')
  const after = [`/events/${event.slug}`, `/orders/${order}`,
    ...told.map(id => `/mailbox/${id}/html`)]
  failed.push(...await visitAll(after))
  return { sale, addresses: [...addresses, ...after], failed }
}

test('S13: nothing that people write runs on any page, and it is shown as written', async () => {
  let visits = 0
  let fields = 0
  for (let round = 0; round < rounds; round++) {
    for (const { read } of Object.values(visitors)) read.length = 0
    const { sale, addresses, failed } = await walk(round)
    expect(failed).toEqual([])
    const noticed = Object.values(visitors).flatMap(one => one.noticed)
    expect(noticed).toEqual([])
    const read = Object.values(visitors).flatMap(one => one.read)
    const unseen = [...sale.filler.texts].filter(([name, text]) =>
      !on_no_page.some(one => one.test(name)) &&
      !read.some(page => page.includes(oneSpaced(text))))
    expect(unseen).toEqual([])
    visits += addresses.length
    fields += sale.filler.texts.size
  }
  figure('S13', `${payloads.length} payloads in ${fields} texts, ${visits} pages opened in a ` +
    'browser by whom they are for: nothing ran, the content security policy had nothing to ' +
    'refuse, and every text was there to read.')
}, atScale(300_000, 3_600_000))

test('S13: whatever a body takes as free text is written by this test', async () => {
  const source = readFileSync(new URL('payload-sale.ts', import.meta.url), 'utf8')
  const unknown = (await allRoutes()).filter(({ name, route }) =>
    route.access !== 'internal' && textFields(route.body ?? {}).length > 0 &&
    !source.includes(`name: '${name}'`) && !(name in written_elsewhere))
  expect(unknown.map(({ name, route }) => [name, textFields(route.body ?? {}).map(([at]) => at)]))
    .toEqual([])
})

test('S13: each payload is noticed where a page forgets to escape it', async () => {
  const { site, url } = await startCareless()
  try {
    const unnoticed: string[] = []
    const watched = await watchPages(browser, url)
    for (const [index, { text }] of payloads.entries()) {
      // A policy that stops a script tells of it; once is enough in the small run.
      for (const policy of index < atScale(1, payloads.length) ? ['', 'policy'] : ['']) {
        watched.noticed.length = 0
        await watched.open(`/${index}/${policy}`)
        // What ran tells of itself from within the page, a moment later.
        await eventually(() => Promise.resolve(watched.noticed.length > 0), text, 2000)
          .catch(() => unnoticed.push(`${text} ${policy}`))
      }
    }
    await watched.context.close()
    expect(unnoticed).toEqual([])
  } finally {
    site.close()
  }
}, 120_000)

/** A site that writes each payload as it is, without a policy or with one. */
async function startCareless (): Promise<{ site: Server, url: string }> {
  const site = createServer(({ url }, answer) => {
    const [, index, policy] = url!.split('/')
    const payload = payloads[Number(index)]
    answer.setHeader('content-type', 'text/html; charset=utf-8')
    if (policy) answer.setHeader('content-security-policy', 'script-src \'self\'')
    answer.end(payload ? `<!doctype html>${payload.place.replace('TEXT', () => payload.text)}` : '')
  })
  await new Promise<void>(resolve => site.listen(0, '127.0.0.1', resolve))
  return { site, url: `http://127.0.0.1:${(site.address() as AddressInfo).port}` }
}
