import { updateTicketType } from '@fermata/contracts/orders'
import { launchBrowser } from '@fermata/testkit/browser'
import {
  start_within_ms, startInstallation, type Installation,
} from '@fermata/testkit/installation'
import { createDataFolder } from '@fermata/testkit/server-process'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { must, putOnSale, signIn } from './sell.ts'

/** Rules of sale as people meet them: an organiser's pages, and the way to a ticket. */

let browser: Browser
let server: Installation
let data: Awaited<ReturnType<typeof createDataFolder>>

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

const openPage = async (): Promise<Page> =>
  (await browser.newContext({ baseURL: server.url, locale: 'en-GB' })).newPage()

const organizer = async () => server.callAs(await signIn(server.call, 'eventcreator'))

async function signInAs (page: Page, account: string): Promise<void> {
  await page.goto('/sign-in')
  await page.fill('input[name=email]', `${account}@example.com`)
  await page.fill('input[name=password]', 'password')
  await Promise.all([page.waitForURL(url => url.pathname !== '/sign-in'),
    page.click('main button[type=submit]')])
}

test('createPromoCode: an organiser adds a code, and a buyer sees and gets its discount', async () => {
  const { event } = await putOnSale(await organizer())
  const page = await openPage()
  await signInAs(page, 'eventcreator')
  await page.goto(`/organizer/events/${event.id}/promo-codes`)
  await page.fill('input[name=code]', 'spring')
  await page.fill('input[name=percent]', '10')
  await page.getByRole('button', { name: 'Add' }).click()
  await page.getByText('The code SPRING was added.').waitFor()

  const buyer = await openPage()
  await buyer.goto(`/events/${event.slug}`)
  await buyer.selectOption('select', '2')
  await buyer.getByRole('button', { name: 'Continue to checkout' }).click()
  await buyer.getByText('Do you have a promo code?').click()
  await buyer.fill('input[name=promo]', 'winter')
  await buyer.getByRole('button', { name: 'Apply' }).click()
  await buyer.getByText('There is no such promo code for this event.').waitFor()
  await buyer.fill('input[name=promo]', 'Spring')
  await buyer.getByRole('button', { name: 'Apply' }).click()
  await buyer.getByText('The code SPRING is applied.').waitFor()
  expect(await buyer.locator('tfoot').innerText()).toContain('27.00')
  await buyer.fill('input[name=name]', 'Gil Guest')
  await buyer.fill('input[name=email]', 'gil@example.com')
  await buyer.getByRole('button', { name: 'Hold these tickets' }).click()
  await buyer.waitForURL(/\/orders\/.+\/pay/)
  expect(await buyer.locator('tfoot').innerText()).toContain('27.00')
}, 60_000)

test('listTicketTypes: a hidden donation shows with its code, and the buyer names the price', async () => {
  const call = await organizer()
  const { event, ticket_type } = await putOnSale(call)
  await must(call(updateTicketType, { params: { id: ticket_type.id }, body: {
    access_code: 'open-sesame', pricing: 'donation', min_price_minor: 500 } }), updateTicketType)
  const page = await openPage()
  await page.goto(`/events/${event.slug}`)
  expect(await page.locator('select').count()).toBe(0)
  await page.getByText('Do you have an access code?').click()
  await page.fill('input[name=code]', 'open-sesame')
  await page.getByRole('button', { name: 'Show tickets' }).click()
  await page.selectOption('select', '1')
  await page.locator('input[inputmode=decimal]').fill('7.50')
  await page.getByRole('button', { name: 'Continue to checkout' }).click()
  await page.getByRole('heading', { name: 'Checkout' }).waitFor()
  expect(await page.locator('tfoot').innerText()).toContain('7.50')
  await page.fill('input[name=name]', 'Gil Guest')
  await page.fill('input[name=email]', 'gil@example.com')
  await page.getByRole('button', { name: 'Hold these tickets' }).click()
  await page.waitForURL(/\/orders\/.+\/pay/)
  expect(await page.locator('tfoot').innerText()).toContain('7.50')
}, 60_000)
