import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createTokens, type Person } from '@fermata/platform/tokens'
import { launchBrowser } from '@fermata/testkit/browser'
import {
  start_within_ms, startInstallation, type Installation,
} from '@fermata/testkit/installation'
import { createDataFolder } from '@fermata/testkit/server-process'
import { Secret, TOTP } from 'otpauth'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from './sell.ts'

/** Passkeys, codes and the question "is it you?" as people meet them, in a real browser. */

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const password = 'correct horse battery'

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

async function openPage (options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ baseURL: server.url, locale: 'en-GB', ...options })
  return context.newPage()
}

interface Axe {
  run: (options: object) => Promise<{ violations: { id: string, nodes: { html: string }[] }[] }>
}

/** Violations of WCAG 2.2 A and AA that a machine can find. */
async function accessibilityOf (page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe
      .run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
  })
}

async function signUp (page: Page, email: string): Promise<void> {
  await page.goto('/sign-up')
  await page.fill('input[name=username]', 'Paula Passkey')
  await page.fill('input[name=email]', email)
  await page.fill('input[name=password]', password)
  await Promise.all([
    page.waitForURL(url => url.pathname === '/'), page.click('main button[type=submit]'),
  ])
}

async function signIn (page: Page, email: string, typed = password): Promise<void> {
  await page.goto('/sign-in')
  await page.fill('input[name=email]', email)
  await page.fill('input[name=password]', typed)
  await page.locator('form:has(input[name=password]) button[type=submit]').click()
}

async function signOut (page: Page): Promise<void> {
  await page.goto('/account/security')
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.waitForURL(url => url.pathname === '/')
}

/** An authenticator inside the browser, with its owner's finger on it. */
async function addAuthenticator (page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await cdp.send('WebAuthn.addVirtualAuthenticator', { options: {
    protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true,
    isUserVerified: true, automaticPresenceSimulation: true,
  } })
}

test('a passkey is added, signs in alone, finishes after the password, and is removed with itself', async () => {
  const page = await openPage()
  await addAuthenticator(page)
  await signUp(page, 'paula@example.com')
  await page.goto('/account/security')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.fill('input[name=name]', 'My phone')
  await page.getByRole('button', { name: 'Create the passkey now' }).click()
  await page.getByText('Your recovery codes').waitFor()
  expect(await page.locator('section[aria-labelledby=new-codes] code').count()).toBe(10)
  expect(await accessibilityOf(page)).toEqual([])

  await signOut(page)
  await page.goto('/sign-in?next=/account/security')
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.waitForURL(url => url.pathname === '/account/security')
  await page.getByText('My phone', { exact: true }).waitFor()
  expect(await page.getByText('not used yet').count()).toBe(0)

  await signOut(page)
  await signIn(page, 'paula@example.com')
  await page.getByText('One more step').first().waitFor()
  expect(await accessibilityOf(page)).toEqual([])
  await page.getByRole('button', { name: 'Use a passkey' }).click()
  await page.waitForURL(url => url.pathname === '/')

  await page.goto('/account/security')
  // The first tap asks, the second removes.
  await page.locator('summary', { hasText: 'My phone' }).click()
  await page.getByRole('button', { name: /^Yes, remove.*My phone$/ }).click()
  await page.getByText('Saved.').waitFor()
  await signOut(page)
  await signIn(page, 'paula@example.com')
  await page.waitForURL(url => url.pathname === '/')
  await page.context().close()
}, 120_000)

test('without JavaScript an app is set up, its code and a recovery code sign in, in French too', async () => {
  const page = await openPage({ javaScriptEnabled: false })
  await signUp(page, 'corinne@example.com')
  await page.goto('/account/security')
  await page.getByRole('button', { name: 'Set up an app' }).click()
  const key = await page.locator('section[aria-labelledby=totp] code').textContent()
  const totp = new TOTP({ secret: Secret.fromBase32(key!.replace(/\s/g, '')) })
  await page.fill('input[name=code]', '12345')
  await page.getByRole('button', { name: 'Confirm the code' }).click()
  await page.getByText('A code has six digits.').waitFor()
  expect(await page.locator('section[aria-labelledby=totp] code').textContent()).toBe(key)
  await page.fill('input[name=code]', totp.generate())
  await page.getByRole('button', { name: 'Confirm the code' }).click()
  const code = await page.locator('section[aria-labelledby=new-codes] code').first().textContent()
  await page.getByText('10 codes left').waitFor()

  await signOut(page)
  await signIn(page, 'corinne@example.com')
  await page.fill('input[name=code]', code!)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL(url => url.pathname === '/')

  await signOut(page)
  await page.goto('/sign-in?lang=fr')
  await page.fill('input[name=email]', 'corinne@example.com')
  await page.fill('input[name=password]', password)
  await page.locator('form:has(input[name=password]) button[type=submit]').click()
  await page.fill('input[name=code]', code!)
  await page.getByRole('button', { name: 'Se connecter', exact: true }).click()
  await page.getByText('Ce n’était pas cela').waitFor()
  // The next half minute's, which clocks that differ may show already.
  await page.fill('input[name=code]', totp.generate({ timestamp: Date.now() + 30_000 }))
  await page.getByRole('button', { name: 'Se connecter', exact: true }).click()
  await page.waitForURL(url => url.pathname === '/')
  await page.context().close()
}, 120_000)

/** The access token of the page's login, as if its owner had proven an hour ago who they are. */
async function age (page: Page): Promise<void> {
  const secrets = JSON.parse(readFileSync(join(data.folder, 'secrets.json'), 'utf8')) as {
    JWT_EXTERNAL_SIGNATURE: string, JWT_INTERNAL_SIGNATURE: string
  }
  const tokens = createTokens(secrets)
  const cookies = await page.context().cookies()
  const cookie = cookies.find(({ name }) => name === 'fermata_access')!
  const person = await tokens.verifyAccess(cookie.value) as Person
  const value = await tokens.signAccess(
    { ...person, confirmed_at_s: Math.floor(Date.now() / 1000) - 3600 })
  await page.context().addCookies([{ ...cookie, value }])
}

test.each([true, false])('what cannot be taken back asks who is there, and then goes on (script: %s)', async javaScriptEnabled => {
  const page = await openPage({ javaScriptEnabled })
  await signIn(page, 'admin@example.com', 'password')
  await page.waitForURL(url => url.pathname === '/')
  await page.goto('/admin/users?q=oona')
  await age(page)
  const row = page.locator('li', { hasText: 'operator@example.com' })
  const role = row.getByRole('checkbox', { name: 'Event creator' })
  const was = await role.isChecked()
  await role.setChecked(!was)
  await row.getByRole('button').click()
  await page.getByText('Is it you?').first().waitFor()
  if (javaScriptEnabled) expect(await accessibilityOf(page)).toEqual([])
  await page.fill('input[name=confirm_password]', 'not this one')
  await page.getByRole('button', { name: 'Confirm and go on' }).click()
  await page.getByText('That was not right.').waitFor()
  await page.fill('input[name=confirm_password]', 'password')
  await page.getByRole('button', { name: 'Confirm and go on' }).click()
  await page.waitForURL(url => url.pathname === '/admin/users')
  await row.waitFor()
  expect(await page.locator('main .notice-good').count()).toBe(1)
  await page.context().close()
}, 120_000)

test('places are listed in words, one is ended, then all others', async () => {
  const [page, second, third] = [await openPage(), await openPage(), await openPage()]
  await signUp(page, 'lina@example.com')
  for (const other of [second, third]) {
    await signIn(other, 'lina@example.com')
    await other.waitForURL(url => url.pathname === '/')
  }
  await page.goto('/account/security')
  const rows = page.locator('section[aria-labelledby=logins] li')
  expect(await rows.count()).toBe(3)
  expect(await rows.first().textContent()).toMatch(/Chrome/)
  await page.getByRole('button', { name: /^Sign out there/ }).first().click()
  await page.getByText('Signed out there.').waitFor()
  await eventually(async () => await rows.count() === 2, 'one of three to be gone')
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click()
  await page.getByText('Signed out everywhere else.').waitFor()
  await eventually(async () => await rows.count() === 1, 'all others to be gone')
  await second.goto('/account/security')
  expect(new URL(second.url()).pathname).toBe('/sign-in')
  await Promise.all([page, second, third].map(one => one.context().close()))
}, 120_000)
