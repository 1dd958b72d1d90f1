import { cancelOrder, placeOrder } from '@fermata/contracts/orders'
import { launchBrowser } from '@fermata/testkit/browser'
import {
  start_within_ms, startInstallation, type Installation,
} from '@fermata/testkit/installation'
import { createDataFolder } from '@fermata/testkit/server-process'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buyer, eventually, must, putOnSale, signIn } from './sell.ts'

/** The page of an event while others buy: with JavaScript it follows, without it still tells. */

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

const polled = '/api/ticket-types/availability'

async function openEvent (slug: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({
    baseURL: server.url, locale: 'en-GB', viewport: { width: 390, height: 844 }, ...options })
  const page = await context.newPage()
  const polls: string[] = []
  page.on('request', request => {
    if (request.url().includes(polled)) polls.push(request.url())
  })
  await page.goto(`/events/${slug}`)
  return { page, polls }
}

async function sellOf (title: string, capacity: number) {
  const organizer = server.callAs(await signIn(server.call, 'eventcreator'))
  const { event, ticket_type } = await putOnSale(organizer, { capacity, max_per_order: 30 }, title)
  const buy = (quantity: number) => must(server.call(placeOrder, { body: { event_id: event.id,
    items: [{ ticket_type_id: ticket_type.id, quantity }], buyer: buyer() } }), placeOrder)
  return { event, buy }
}

/** Adds up what moved on the page without anybody touching it; a text, for it runs in the page. */
const watchShifts = (page: Page) => page.evaluate(`
  globalThis.shifted = 0
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) globalThis.shifted += entry.value
  }).observe({ type: 'layout-shift' })`)
const shifts = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { shifted: number }).shifted)

test('the page follows sales to the last ticket and back, says so, and nothing jumps', async () => {
  const { event, buy } = await sellOf('A followed evening', 40)
  const { page } = await openEvent(event.slug)
  const tickets = page.locator('section[aria-labelledby=tickets]')
  await tickets.getByText('Available', { exact: true }).waitFor()
  await tickets.locator('select').scrollIntoViewIfNeeded()
  await watchShifts(page)

  await buy(25)
  await tickets.getByText('15 left', { exact: true }).waitFor()
  expect(await tickets.locator('[role=status].sr-only').innerText()).toBe('Seat: only 15 left.')
  expect(await tickets.locator('option').count()).toBe(16)
  const last = await buy(15)
  await tickets.getByText('Sold out', { exact: true }).waitFor()
  await tickets.getByText('Every ticket is sold').waitFor()
  expect(await tickets.locator('[role=status].sr-only').innerText()).toBe('Seat: sold out.')
  expect(await tickets.locator('select, button.button-large').count()).toBe(0)
  await must(server.callAs(last.access_token)(cancelOrder, { params: { id: last.id } }))
  await tickets.getByText('15 left', { exact: true }).waitFor()
  expect(await tickets.locator('select').count()).toBe(1)
  expect(await page.getByText('Every ticket is sold').count()).toBe(0)

  // Browsers call a page unsteady from 0.1 on.
  expect(await shifts(page)).toBeLessThan(0.02)
  await page.context().close()
}, 90_000)

test('what somebody has picked stays picked when others are faster, and the total with it', async () => {
  const { event, buy } = await sellOf('A picked evening', 10)
  const { page } = await openEvent(event.slug)
  const choice = page.locator('main select')
  await choice.selectOption('6')
  await buy(8)
  await page.getByText('2 left', { exact: true }).waitFor()
  expect(await choice.inputValue()).toBe('6')
  expect(await choice.locator('option').allInnerTexts()).toEqual(['0', '1', '2', '6'])
  await page.getByText('€90.00').waitFor()
  await page.click('main form button[type=submit]')
  await page.waitForURL(/\/checkout/)
  await page.context().close()
}, 60_000)

test('what is picked before the script of the page has come is kept as well', async () => {
  const { event, buy } = await sellOf('A slow evening', 10)
  const context = await browser.newContext({ baseURL: server.url, locale: 'en-GB' })
  const page = await context.newPage()
  const late = Promise.withResolvers<void>()
  await page.route('**/*.js', async route => {
    await late.promise
    await route.continue()
  })
  await page.goto(`/events/${event.slug}`, { waitUntil: 'commit' })
  const choice = page.locator('main select')
  await choice.selectOption('6')
  late.resolve()
  await page.getByText('€90.00').waitFor()
  await buy(8)
  await page.getByText('2 left', { exact: true }).waitFor()
  expect(await choice.inputValue()).toBe('6')
  await context.close()
}, 60_000)

test('a page that nobody sees asks nothing, and asks at once when it is seen again', async () => {
  const { event } = await sellOf('A hidden evening', 10)
  const { page, polls } = await openEvent(event.slug)
  await eventually(async () => polls.length > 0, 'the first poll')
  const show = (state: 'hidden' | 'visible') => page.evaluate(`
    Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))`)
  await show('hidden')
  const before = polls.length
  await page.waitForTimeout(4000)
  expect(polls.length).toBe(before)
  await show('visible')
  await eventually(async () => polls.length > before, 'a poll when it is seen again', 1000)
  await page.context().close()
}, 60_000)

test('when the answers fail the page keeps its numbers and asks ever more rarely', async () => {
  const { event } = await sellOf('A failing evening', 10)
  const { page, polls } = await openEvent(event.slug)
  await page.route(`**${polled}*`, route => route.fulfill({ status: 503 }))
  await eventually(async () => polls.length > 0, 'the first poll')
  await page.waitForTimeout(7000)
  // Without backing off there would be four.
  expect(polls.length).toBeLessThanOrEqual(3)
  await page.getByText('10 left', { exact: true }).waitFor()
  await page.context().close()
}, 60_000)

test('without JavaScript the numbers are there, in French too, and nothing is asked', async () => {
  const { event, buy } = await sellOf('Une soirée sans script', 12)
  await buy(5)
  const { page, polls } = await openEvent(event.slug, { javaScriptEnabled: false, locale: 'fr-FR' })
  await page.getByText('7 places restantes', { exact: true }).waitFor()
  expect(await page.locator('main option').count()).toBe(8)
  await buy(7)
  // Visitors who are nobody share a page for at most a second.
  await page.waitForTimeout(1100)
  await page.reload()
  await page.getByText('Tous les billets sont vendus').waitFor()
  await page.getByText('Complet', { exact: true }).waitFor()
  expect(polls).toEqual([])
  await page.context().close()
}, 60_000)
