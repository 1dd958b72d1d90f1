import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { listMembers } from '@fermata/contracts/events'
import { launchBrowser } from '@fermata/testkit/browser'
import {
  start_within_ms, startInstallation, type Installation,
} from '@fermata/testkit/installation'
import { createDataFolder } from '@fermata/testkit/server-process'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { eventually, must, putOnSale, signIn } from './sell.ts'

/**
 * What people do, in a real browser: by names and roles, as they and their screen readers find
 * things.
 */

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
  locale: 'en-GB',
}
const desk: BrowserContextOptions = { viewport: { width: 1280, height: 900 }, locale: 'en-GB' }

let browser: Browser
let server: Installation
let data: Awaited<ReturnType<typeof createDataFolder>>
/** What pages complained about in their console, Content-Security-Policy refusals among it. */
let complaints: string[] = []

beforeAll(async () => {
  data = await createDataFolder()
  const started = await Promise.all([launchBrowser(), startInstallation(data.folder)])
  browser = started[0]
  server = started[1]
}, start_within_ms)
afterAll(async () => {
  await browser?.close()
  await server?.stop()
  await data.remove()
})
afterEach(() => {
  expect(complaints).toEqual([])
  complaints = []
})

async function openPage (options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ baseURL: server.url, ...options })
  const page = await context.newPage()
  page.on('pageerror', error => complaints.push(String(error)))
  // A page that is refused or not found is logged by the browser too; those are expected and have
  // tests of their own.
  page.on('console', message => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(`${page.url()}: ${message.text()}`)
  })
  return page
}

/** Violations of WCAG 2.2 A and AA that a machine can find. */
async function accessibilityOf (page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const { violations } =
      await (globalThis as unknown as {
        axe: {
          run: (
            options: object,
          ) => Promise<{ violations: { id: string, nodes: { html: string }[] }[] }>,
        },
      }).axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
  })
}

const organizer = async () => server.callAs(await signIn(server.call, 'eventcreator'))

async function signInAs (page: Page, account: string): Promise<void> {
  await page.goto('/sign-in')
  await page.fill('input[name=email]', `${account}@example.com`)
  await page.fill('input[name=password]', 'password')
  await Promise.all([
    page.waitForURL(url => url.pathname !== '/sign-in'),
    page.click('main button[type=submit]'),
  ])
}

/** From the event's page to the page that shows the tickets. */
async function buyInBrowser (page: Page, slug: string, quantity: number): Promise<void> {
  // The box office opens a moment after the publication, when the news has reached it.
  await eventually(async () => {
    await page.goto(`/events/${slug}`)
    return await page.locator('main select').count() > 0
  }, 'the choice of tickets')
  await page.locator('main select').first().selectOption(String(quantity))
  await page.click('main form button[type=submit]')
  await page.waitForURL(/\/checkout/)
  await page.fill('input[name=name]', 'Pia Phone')
  await page.fill('input[name=email]', 'pia.phone@example.com')
  await page.click('main form button[type=submit]')
  await page.waitForURL(/\/orders\/[^/]+\/pay/)
  await page.check('#card-success')
  await page.click('button[value=pay]')
  await page.waitForURL(/\/orders\/[0-9a-f-]+(\?|$)/, { timeout: 30_000 })
  await page.locator('main img[src*="qr.svg"]').first().waitFor({ timeout: 30_000 })
}

test(
  'a guest buys on a phone, sees the tickets, and every page on the way is accessible',
  async () => {
    const { event } = await putOnSale(await organizer(), {}, 'A phone evening')
    const page = await openPage(phone)
    await page.goto('/')
    expect(await page.title()).toContain('Fermata')
    expect(await accessibilityOf(page)).toEqual([])
    await page.fill('input[name=q]', 'phone evening')
    await page.press('input[name=q]', 'Enter')
    await page.waitForURL(/q=phone/)
    await page.getByRole('link', { name: 'A phone evening' }).first().click()
    await page.waitForURL(new RegExp(event.slug))
    expect(await accessibilityOf(page)).toEqual([])

  await buyInBrowser(page, event.slug, 2)

    expect(await page.locator('main img[src*="qr.svg"]').count()).toBe(2)
    expect(await accessibilityOf(page)).toEqual([])
    await page.reload()
    expect(await page.locator('main img[src*="qr.svg"]').count()).toBe(2)
    const pdf = await page.request.get(
      await page.locator('main a[href$=".pdf"], main a[href$="/pdf"]').first().getAttribute(
        'href',
      ) ?? '',
    )
    expect([pdf.status(), pdf.headers()['content-type']]).toEqual([200, 'application/pdf'])
    // The mail follows the tickets a moment later.
    await eventually(async () => {
      await page.goto('/mailbox')
      return await page.getByText('pia.phone@example.com').count() > 0
    }, 'the mail')
    await page.context().close()
  },
  90_000,
)

test('the same purchase works in French and without JavaScript', async () => {
  const { event } = await putOnSale(await organizer(), {}, 'Une soirée sans script')
  const page = await openPage({ ...desk, locale: 'fr-FR', javaScriptEnabled: false })
  await page.goto(`/events/${event.slug}`)
  expect(await page.getAttribute('html', 'lang')).toBe('fr')
  await buyInBrowser(page, event.slug, 1)
  expect(await page.locator('main img[src*="qr.svg"]').count()).toBe(1)
  await page.context().close()
}, 90_000)

test('what is sold out, canceled or a draft cannot be bought, and the page says why', async () => {
  const page = await openPage(desk)
  await page.goto('/?q=Swan+Lake')
  await page.getByRole('link', { name: 'Swan Lake in One Act' }).first().click()
  await page.waitForURL(/swan-lake/)
  // The address changes before the page does, and the list says "Sold out" as well.
  await page.getByRole('heading', { level: 1, name: 'Swan Lake' }).waitFor()
  await page.getByText('Sold out').first().waitFor()
  expect(await page.locator('main select').count()).toBe(0)
  const canceled = await page.goto('/events/garden-opera-the-barber-of-seville')
  expect(canceled?.status()).toBe(200)
  await page.getByText(/canceled/i).first().waitFor()
  expect(await page.locator('main select').count()).toBe(0)
  expect((await page.goto('/events/spring-gala-working-title'))?.status()).toBe(404)
  expect((await page.goto('/no/such/page'))?.status()).toBe(404)
  await page.context().close()
}, 60_000)

test(
  'an organiser creates an event with a ticket type, publishes it, and sees what was sold',
  async () => {
    const page = await openPage(desk)
    await signInAs(page, 'eventcreator')
    await page.goto('/organizer/events/new')
    expect(await accessibilityOf(page)).toEqual([])
    await page.fill('[name=title]', 'Browser-made evening')
    await page.fill('[name=description]', 'Typed by a test.')
    const day = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10)
    await page.fill('[name=starts_at]', `${day}T19:00`)
    await page.fill('[name=ends_at]', `${day}T21:00`)
    await page.fill('[name=timezone]', 'Europe/Paris')
    for (const [name, value] of [['name', 'Hall'], ['address', '1 Square'], ['city', 'Lyon']]) {
      await page.fill(`[name="venue.${name}"]`, value!)
    }
    await page.selectOption('[name="venue.country"]', 'FR')
    await page.locator('main form').filter({ has: page.locator('[name=title]') }).locator(
      'button[type=submit]',
    ).click()
    await page.waitForURL(/\/organizer\/events\/[0-9a-f]{8}-/)
    const id = /events\/([0-9a-f-]{36})/.exec(page.url())![1]!
    await page.goto(`/organizer/events/${id}/ticket-types`)
    const form = page.locator('main form').filter({ has: page.locator('[name=capacity]') }).last()
    await form.locator('[name=name]').fill('Seat')
    await form.locator('[name=price]').fill('12.50')
    await form.locator('[name=capacity]').fill('30')
    await form.locator('button[type=submit]').first().click()
    await page.locator('main [role=status]').filter({ hasText: 'Seat' }).waitFor()
    await page.goto(`/organizer/events/${id}`)
    await page.locator('button[value=publish]').click()
    await page.locator('main [role=status]').filter({ hasText: /publi|sale/i }).waitFor()

  await buyInBrowser(page, 'browser-made-evening', 3)
  await page.goto(`/organizer/events/${id}`)
  await page.getByText('€37.50').first().waitFor()
  expect(await accessibilityOf(page)).toEqual([])
  await page.context().close()
}, 120_000)

test(
  'at the door a pasted code is admitted once, and the second time it says when and where',
  async () => {
    const { event } = await putOnSale(await organizer(), {}, 'A door evening')
    const buyer = await openPage(phone)
    await signInAs(buyer, 'user')
    await buyInBrowser(buyer, event.slug, 1)
    const ticket = await buyer.request.get(`/api/tickets?event_id=${event.id}`)
    const { items: [{ code, holder }] } = await ticket.json() as {
      items: [{ code: string, holder: { email: string } }] }

  const page = await openPage(phone)
  await signInAs(page, 'operator')
  await page.goto(`/door/${event.id}`)
  expect(await accessibilityOf(page)).toEqual([])
  const scan = async (text: string, answer: RegExp) => {
    await page.fill('[name=code]', text)
    await page.fill('[name=gate]', 'North')
    await page.click('button[value=admit]')
    await page.getByRole('alert').filter({ hasText: answer }).waitFor()
  }
  const askWhose = async (email: string, answer: RegExp) => {
    await page.fill('[name=code]', code)
    await page.fill('[name=email]', email)
    await page.click('button[value=look]')
    await page.getByRole('alert').filter({ hasText: answer }).waitFor()
  }
  // A rare question, folded; once asked it stays open.
  await page.getByText('Whose ticket should it be?').click()
  await askWhose(holder.email, /not admitted yet[\s\S]*is the ticket of/i)
  await askWhose('somebody.else@example.com', /somebody else[\s\S]*is not the ticket of somebody/i)
  await scan(code, /admitted/i)
  await scan(code, /already[\s\S]*North/i)
  await scan(code.slice(0, -1) + (code.endsWith('0') ? '1' : '0'), /unknown|not a ticket|no ticket/i)
  expect(await accessibilityOf(page)).toEqual([])
  await page.context().close()
  await buyer.context().close()
}, 120_000)

test('an organiser appoints somebody for one door, lets them manage, and takes the rights away', async () => {
  const { event } = await putOnSale(await organizer(), {}, 'An evening with helpers')
  const page = await openPage(phone)
  await signInAs(page, 'eventcreator')
  // Without an organiser the address leads to the first one's, which forms and reloads then keep.
  await page.goto('/organizer/people')
  expect(new URL(page.url()).pathname).toMatch(/^\/organizer\/people\/[0-9a-f-]{36}$/)
  await page.goto(`/organizer/people/${event.organizer_id}`)
  expect(await accessibilityOf(page)).toEqual([])
  const add = async () => {
    await page.fill('[name=email]', 'helper@example.org')
    await page.getByRole('region', { name: 'Add a person' }).getByLabel(/^Where/).selectOption(event.id)
    await page.getByRole('button', { name: 'Add', exact: true }).click()
  }
  await add()
  const helper = page.getByRole('listitem').filter({ hasText: 'helper@example.org' })
  await helper.getByText(event.title).first().waitFor()
  await add()
  await page.getByText('works here already').waitFor()
  await page.reload()

  await helper.getByText('Change').click()
  await helper.getByLabel('What they may do').selectOption('owner')
  await helper.getByRole('button', { name: 'Save' }).click()
  await helper.locator('.badge').filter({ hasText: 'Organiser' }).waitFor()
  await helper.getByText('Change').click()
  expect(await accessibilityOf(page)).toEqual([])
  await helper.getByRole('button', { name: 'Take the rights away' }).click()
  await page.getByText('Their rights were taken away.').waitFor()
  await helper.waitFor({ state: 'detached' })
  await page.context().close()
}, 90_000)

test('an administrator sees people, health, deliveries and backups; others do not', async () => {
  const page = await openPage(desk)
  await signInAs(page, 'user')
  expect((await page.goto('/admin'))?.status()).toBe(403)
  await page.goto('/sign-out')
  await page.context().clearCookies()
  await signInAs(page, 'admin')
  for (const path of ['/admin', '/admin/users', '/admin/deliveries', '/admin/backups', '/admin/agreement']) {
    expect((await page.goto(path))?.status()).toBe(200)
    expect([path, await accessibilityOf(page)]).toEqual([path, []])
  }
  await page.goto('/admin/users')
  await page.getByText('user@example.com').first().waitFor()
  await page.context().close()
}, 90_000)

test('an administrator finds the event of an organiser they are no member of', async () => {
  const owner = await organizer()
  const { event } = await putOnSale(owner, {}, 'Found by the office')
  const admin = server.callAs(await signIn(server.call, 'admin'))
  const { items: members } = await must(
    admin(listMembers, { params: { id: event.organizer_id }, query: {} }), listMembers)
  expect(members.map(({ is_you }) => is_you)).toEqual(members.map(() => false))
  const page = await openPage(phone)
  await signInAs(page, 'admin')
  await page.goto('/admin/events')
  await page.fill('main input[name=q]', 'found office')
  await page.press('main input[name=q]', 'Enter')
  await page.waitForURL(/q=found/)
  expect(await accessibilityOf(page)).toEqual([])
  await page.getByRole('link', { name: 'Found by the office' }).click()
  await page.waitForURL(new RegExp(`/organizer/events/${event.id}$`))
  const tabs = page.getByRole('navigation', { name: 'This event' }).getByRole('link')
  // An address changes before its page is there.
  await tabs.nth(5).waitFor()
  const links = await tabs.all()
  const paths = await Promise.all(links.map(async link => (await link.getAttribute('href'))!))
  // The organiser's people are not one event's.
  const [own, others] = [paths.filter(path => path.startsWith(`/organizer/events/${event.id}`)),
    paths.filter(path => path === `/organizer/people/${event.organizer_id}`)]
  expect([own.length, others.length]).toEqual([6, 1])
  for (const path of others) expect((await page.goto(path))?.status()).toBe(200)
  for (const path of own) {
    expect([path, (await page.goto(path))?.status()]).toEqual([path, 200])
    await page.getByRole('heading', { level: 1, name: 'Found by the office' }).waitFor()
  }
  await page.getByRole('link', { name: 'All events' }).click()
  await page.waitForURL(/\/admin\/events$/)
  await page.context().close()
}, 90_000)

test('pages keep to a width of 360 pixels, and to light and dark', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await openPage({
      viewport: { width: 360, height: 740 },
      colorScheme,
      locale: 'fr-FR',
    })
    for (const path of ['/', '/events/polite-disasters', '/sign-in', '/sign-up', '/mailbox']) {
      await page.goto(path)
      const { width, full } = await page.evaluate(
        '({ width: innerWidth, full: document.documentElement.scrollWidth })',
      ) as { width: number, full: number }
      expect([path, full]).toEqual([path, width])
      expect([path, colorScheme, await accessibilityOf(page)]).toEqual([path, colorScheme, []])
    }
    await page.context().close()
  }
}, 120_000)
