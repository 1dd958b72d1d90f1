import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setQueue } from '@fermata/contracts/queue'
import { launchBrowser } from '@fermata/testkit/browser'
import {
  start_within_ms, startInstallation, type Installation,
} from '@fermata/testkit/installation'
import { createDataFolder } from '@fermata/testkit/server-process'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, must, putOnSale, signIn } from './sell.ts'

/** The pages of the waiting room in a real browser, with and without JavaScript. */

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
let browser: Browser
let server: Installation
let data: Awaited<ReturnType<typeof createDataFolder>>

beforeAll(async () => {
  data = await createDataFolder()
  ;[browser, server] = await Promise.all([launchBrowser(), startInstallation(data.folder)])
}, start_within_ms)
afterAll(async () => {
  await browser?.close()
  await server?.stop()
  await data.remove()
})

async function openPage (options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    baseURL: server.url, locale: 'en-GB', viewport: { width: 390, height: 844 }, ...options })
  return context.newPage()
}

/** Violations of WCAG 2.2 A and AA that a machine can find. */
async function accessibilityOf (page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    interface Axe { run: (options: object) => Promise<{ violations: { id: string }[] }> }
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe
      .run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
    return violations.map(({ id }) => id)
  })
}

async function putBehindRoom (title: string, opens_in_seconds: number, settings: object = {}) {
  const organizer = server.callAs(await signIn(server.call, 'eventcreator'))
  const { event } = await putOnSale(organizer, {}, title)
  const opens_at = new Date(Date.now() + opens_in_seconds * 1000).toISOString()
  await must(organizer(setQueue, {
    params: { event_id: event.id }, body: { enabled: true, opens_at, ...settings } }))
  return event
}

/** From one's turn to the page on which the held tickets are paid. */
async function orderTickets (page: Page): Promise<void> {
  await page.locator('main a[href$="#tickets"]').first().click()
  await page.waitForURL(/#tickets$/)
  const choice = page.locator('main select').first()
  // Of two processes of orders one may hear of the turn a second later.
  await eventually(async () => {
    if (await choice.count() === 0) await page.reload()
    return await choice.count() > 0
  }, 'the choice')
  await choice.selectOption('1')
  await page.click('main form button[type=submit]')
  await page.waitForURL(/\/checkout/)
  const checkout = page.url()
  // The other one may be asked for the order, and send back to the waiting room meanwhile.
  await eventually(async () => {
    if (page.url() !== checkout) await page.goto(checkout)
    if (!page.url().includes('/checkout')) return false
    await page.fill('input[name=name]', 'Wim Waiting')
    await page.fill('input[name=email]', 'wim@example.com')
    await page.click('main form button[type=submit]')
    await page.waitForURL(/\/orders\/[^/]+\/pay|\/queue/)
    return page.url().includes('/orders/')
  }, 'the order', 60_000)
}

test('a visitor waits for the draw, sees their place, gets their turn and orders', async () => {
  const event = await putBehindRoom('A rushed evening', 15)
  const page = await openPage()
  await page.goto(`/events/${event.slug}`)
  expect(await page.locator('main select').count()).toBe(0)
  expect(await accessibilityOf(page)).toEqual([])
  await page.getByRole('link', { name: 'Enter the waiting room' }).click()
  await page.getByRole('button', { name: 'Enter the waiting room' }).click()
  await page.getByRole('heading', { name: 'You are in' }).waitFor()
  expect(await accessibilityOf(page)).toEqual([])
  await page.reload()
  await page.getByRole('heading', { name: 'You are in' }).waitFor()

  // The page moves on by itself.
  await page.getByRole('heading', { name: 'It is your turn' }).waitFor({ timeout: 40_000 })

  expect(await accessibilityOf(page)).toEqual([])
  await orderTickets(page)
  await page.context().close()
}, 120_000)

test('the same works in French and without JavaScript, by reloads the page asks for', async () => {
  const event = await putBehindRoom('Une ruée sans script', -1, { max_in_checkout: 1 })
  const ahead = await openPage({ javaScriptEnabled: false })
  const page = await openPage({ javaScriptEnabled: false, locale: 'fr-FR' })
  for (const one of [ahead, page]) {
    await one.goto(`/events/${event.slug}/queue`)
    await one.click('main form button[type=submit]')
    await one.locator('main a[href$="/queue"], main a[href$="#tickets"]').first().waitFor()
  }
  await eventually(async () => {
    await page.goto(`/events/${event.slug}/queue`)
    return await page.getByRole('heading', { name: 'Vous êtes dans la file' }).count() > 0
  }, 'the place in line')
  expect(await page.locator('meta[http-equiv=refresh]').count()).toBe(1)
  expect(await page.locator('main dl').innerText()).toMatch(/Votre place\s+2/)
  // Whoever tries to order before their turn is led back to the line.
  await page.goto(`/events/${event.slug}`)
  expect(await page.locator('main select').count()).toBe(0)

  await eventually(async () => {
    await ahead.goto(`/events/${event.slug}/queue`)
    return await ahead.getByRole('heading', { name: 'It is your turn' }).count() > 0
  }, 'the turn')
  await orderTickets(ahead)
  await ahead.click('button[value=cancel]')

  await eventually(async () => {
    await page.goto(`/events/${event.slug}/queue`)
    return await page.getByRole('heading', { name: 'C’est votre tour' }).count() > 0
  }, 'their turn, after the other has left')
  await orderTickets(page)
  await Promise.all([page.context().close(), ahead.context().close()])
}, 120_000)

/** The page may come from a process that has not heard of the change yet: it is asked again. */
const seenOn = (page: Page, what: Locator) => eventually(async () => {
  if (await what.count() > 0) return true
  await page.waitForTimeout(500)
  if (await what.count() > 0) return true
  await page.goto(page.url())
  return false
}, 'the change to be seen')

test('an organiser switches the room on and off again', async () => {
  const organizer = server.callAs(await signIn(server.call, 'eventcreator'))
  const { event } = await putOnSale(organizer, {}, 'An evening to switch')
  const page = await openPage()
  await page.goto('/sign-in')
  await page.fill('input[name=email]', 'eventcreator@example.com')
  await page.fill('input[name=password]', 'password')
  await page.click('main button[type=submit]')
  await page.waitForURL(url => url.pathname !== '/sign-in')
  await page.goto(`/organizer/events/${event.id}/waiting-room`)
  expect(await accessibilityOf(page)).toEqual([])
  await page.fill('input[name=opens_at]', '2031-03-01T10:00')
  await page.fill('input[name=free_joins_per_network]', '30')
  await page.getByRole('button', { name: 'Switch on' }).click()
  await seenOn(page, page.getByText('Fingerprint of the draw’s key'))
  expect(await accessibilityOf(page)).toEqual([])
  await page.goto(`/events/${event.slug}`)
  await seenOn(page, page.getByText('The sale opens on 1 Mar 2031'))

  await page.goto(`/organizer/events/${event.id}/waiting-room`)
  expect(await page.inputValue('input[name=free_joins_per_network]')).toBe('30')
  expect(await page.inputValue('input[name=max_joins_per_network]')).toBe('2000')
  await page.getByRole('button', { name: 'Switch off' }).click()
  await seenOn(page, page.getByText('The waiting room is off: whoever comes can buy.'))
  await page.goto(`/events/${event.slug}`)
  await seenOn(page, page.locator('main select'))
  await page.context().close()
}, 90_000)

test('where many join from a network the page pays the price of a place by itself', async () => {
  const event = await putBehindRoom('A crowded school', 600, { free_joins_per_network: 0 })
  const page = await openPage()
  const strange: string[] = []
  page.on('console', line => { if (line.type() === 'error') strange.push(line.text()) })
  page.on('pageerror', error => strange.push(error.message))
  await page.goto(`/events/${event.slug}/queue`)
  await page.getByRole('button', { name: 'Enter the waiting room' }).click()

  await page.getByRole('heading', { name: 'You are in' }).waitFor({ timeout: 40_000 })

  // The browser itself notes the answer that named the price; a refused script would be another.
  expect(strange.filter(text => !text.includes('429'))).toEqual([])
  await page.context().close()
}, 90_000)

test('without JavaScript the page says how long to wait instead, and keeps what was waited', async () => {
  const event = await putBehindRoom('A crowded library', 600, { free_joins_per_network: 0 })
  const page = await openPage({ javaScriptEnabled: false })
  await page.goto(`/events/${event.slug}/queue`)
  await page.click('main form button[type=submit]')
  await page.getByText(/Wait \d+ seconds instead, then press the button/).waitFor()
  expect(await page.getByRole('status').allInnerTexts()).toContainEqual(
    expect.stringContaining('Many people join from your network'))
  expect(await page.locator('meta[http-equiv=refresh]').count()).toBe(0)
  // Pressed too early it says how long is left, until it is enough.
  await eventually(async () => {
    if (await page.getByRole('heading', { name: 'You are in' }).count() > 0) return true
    await page.click('main form button[type=submit]')
    return false
  }, 'the end of the wait', 60_000)
  await page.context().close()
}, 120_000)
