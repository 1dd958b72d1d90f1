import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { launchBrowser } from '@fermata/testkit/browser'
import {
  createDataFolder, startServerProcess, type ServerProcess,
} from '@fermata/testkit/server-process'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from './sell.ts'

/** An installation with nobody and nothing in it: from its first start to its first event. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const start_within_ms = 120_000

let browser: Browser
let server: ServerProcess
let data: Awaited<ReturnType<typeof createDataFolder>>

beforeAll(async () => {
  data = await createDataFolder()
  const started = await Promise.all(
    [launchBrowser(), startServerProcess(data.folder, { FERMATA_DEMO: 'false' })])
  browser = started[0]
  server = started[1]
}, start_within_ms)
afterAll(async () => {
  await browser?.close()
  await server?.stop()
  await data.remove()
})

/** As on the machine of an installation. @returns where its reader sets a password */
async function appoint (email: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath,
    ['apps/server/admin.ts', 'appoint', email],
    { cwd: root, env: { PATH: process.env.PATH, FERMATA_DATA: data.folder } })
  const { pathname, search } = new URL(/https?:\S+/.exec(stdout)![0])
  return pathname + search
}

test('an empty installation leads its administrator to the first event, page by page', async () => {
  await eventually(() => Promise.resolve(server.output().includes('npm run admin -- appoint')),
    'the word that nobody is an administrator')
  const link = await appoint('ada@example.org')
  const page = await (await browser.newContext({ baseURL: server.url, locale: 'en-GB' })).newPage()
  await page.goto('/')
  await page.getByRole('link', { name: 'Do you organise here?' }).waitFor()

  await page.goto(link)
  await page.fill('[name=new_password]', 'a long enough phrase')
  await page.click('main button[type=submit]')
  await page.waitForURL(/sign-in/)
  await page.goto('/sign-in?next=/')
  await page.fill('input[name=email]', 'ada@example.org')
  await page.fill('input[name=password]', 'a long enough phrase')
  await page.click('main button[type=submit]')
  await page.getByRole('link', { name: 'Create the first event' }).click()
  await page.waitForURL('**/organizer/events/new')

  const day = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10)
  const fields = { title: 'The first evening', description: 'Typed by its organiser.',
    starts_at: `${day}T19:00`, ends_at: `${day}T21:00`, timezone: 'Europe/Paris',
    'venue.name': 'Hall', 'venue.address': '1 Square', 'venue.city': 'Lyon' }
  for (const [name, value] of Object.entries(fields)) await page.fill(`[name="${name}"]`, value)
  await page.selectOption('[name="venue.country"]', { label: 'France' })
  await page.click('main form[method=post] button[type=submit]')
  await page.getByRole('heading', { level: 1, name: 'The first evening' }).waitFor()
  expect(page.url()).toMatch(/\/organizer\/events\/[0-9a-f]{8}-/)
  await page.context().close()
}, 120_000)
