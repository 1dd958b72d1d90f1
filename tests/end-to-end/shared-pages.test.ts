import { once } from 'node:events'
import { connect } from 'node:net'
import { updateEvent } from '@fermata/contracts/events'
import {
  createDataFolder, startServerProcess, type ServerProcess,
} from '@fermata/testkit/server-process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { must, putOnSale, signIn } from './sell.ts'

/** Pages of a crowd: one render for all who may share it, and a short word when there is no room. */

/** As long as a page is kept, in apps/server/web.ts. */
const kept_ms = 1000

let server: ServerProcess
let data: Awaited<ReturnType<typeof createDataFolder>>
beforeAll(async () => {
  data = await createDataFolder()
  server = await startServerProcess(data.folder)
}, 240_000)
afterAll(async () => {
  await server?.stop()
  await data.remove()
})

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(server.url + path, { method, headers, redirect: 'manual' })

/** Each render has a nonce of its own, so equal nonces are one render. */
function renderOf (response: Response): string {
  const nonce = /'nonce-([\w-]+)'/.exec(response.headers.get('content-security-policy') ?? '')?.[1]
  if (!nonce) throw new Error(`${response.status} without a nonce`)
  return nonce
}

async function rendersOf (count: number, path: string, headers: Record<string, string> = {}) {
  const answers = await Promise.all(Array.from({ length: count }, () => get(path, headers)))
  for (const answer of answers) {
    expect(answer.status).toBe(200)
    // The policy and the scripts of the bytes agree.
    expect(await answer.text()).toContain(`nonce="${renderOf(answer)}"`)
  }
  return { renders: new Set(answers.map(renderOf)).size,
    requests: new Set(answers.map(({ headers: all }) => all.get('x-request-id'))).size }
}

async function openEvent (title: string) {
  const token = await signIn(server.call, 'eventcreator')
  const call = server.callAs(token)
  return { call, token, ...await putOnSale(call, {}, title) }
}

test('shared pages: visitors who are nobody share a render, and keep their own request ids', async () => {
  const { event, token } = await openEvent('An evening for many')
  const path = `/events/${event.slug}`
  // More than one only where the machine is so busy that the answers take longer than a second.
  const { renders, requests } = await rendersOf(30, path)
  expect(renders).toBeLessThan(5)
  expect(requests).toBe(30)
  // What the page does not read makes no page of its own, nor does what it is called.
  const many = await Promise.all(Array.from({ length: 30 }, (_, number) =>
    get(`${path}?look=${number}&utm_source=x`, { 'user-agent': `Browser ${number}` })))
  expect(new Set(many.map(renderOf)).size).toBeLessThan(5)
  expect(await rendersOf(5, path, { cookie: `fermata_access=${token}` })).toMatchObject({ renders: 5 })
  expect(await rendersOf(5, path, { cookie: 'fermata_queue_1=x' })).toMatchObject({ renders: 5 })
})

test('shared pages: languages are apart, and an answer that sets a cookie is for one', async () => {
  const [english, french] = await Promise.all([
    get('/', { 'accept-language': 'en' }), get('/', { 'accept-language': 'fr-FR' })])
  expect(await english.text()).toContain('<html lang="en"')
  expect(await french.text()).toContain('<html lang="fr"')
  const chosen = await Promise.all(Array.from({ length: 4 }, () => get('/?lang=fr')))
  for (const answer of chosen) expect(answer.headers.get('set-cookie')).toContain('fermata_lang=fr')
  expect(new Set(chosen.map(renderOf)).size).toBe(4)
  const kept = await get('/?lang=fr', { cookie: 'fermata_lang=fr' })
  expect(kept.headers.get('set-cookie')).toBeNull()
})

test('shared pages: a change shows within a second, however many look', async () => {
  const { event, call } = await openEvent('Before the change')
  const path = `/events/${event.slug}`
  let is_looking = true
  const crowd = Promise.all(Array.from({ length: 4 }, async () => {
    while (is_looking) await (await get(path)).text()
  }))
  try {
    await must(call(updateEvent, { params: { id: event.id }, body: { title: 'After the change' } }))
    await new Promise(resolve => setTimeout(resolve, kept_ms))
    expect(await (await get(path)).text()).toContain('After the change')
  } finally {
    is_looking = false
    await crowd
  }
})

test('shared pages: HEAD has the length of the page, and who has these bytes is told so', async () => {
  const { event } = await openEvent('An evening of heads')
  const path = `/events/${event.slug}`
  const plain = { 'accept-encoding': 'identity' }
  // Within the second that a page is kept; on a busy machine it may take another second.
  for (let one = 1; one <= 5; one++) {
    const page = await get(path, plain)
    const body = await page.text()
    const head = await get(path, plain, 'HEAD')
    const etag = page.headers.get('etag')
    const again = await get(path, { ...plain, 'if-none-match': `"other", ${etag}` })
    if (renderOf(again) !== renderOf(page)) continue
    expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(body)))
    expect(await head.text()).toBe('')
    expect(again.status).toBe(304)
    expect(page.headers.get('cache-control')).toBe('private, no-store')
    return
  }
  throw new Error('no second was long enough')
})

/** Connects all first and asks then, as one: a client that connects as it asks is too slow to crowd. */
async function crowdIn (requests: { path: string, language: string }[]) {
  const sockets = await Promise.all(requests.map(async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }))
  const started = performance.now()
  return sockets.map(async (socket, at) => {
    const { path, language } = requests[at]!
    socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\naccept-language: ${language}\r\nconnection: close\r\n\r\n`)
    const text = (await socket.toArray()).join('')
    return { text, status: Number(text.slice(9, 12)), after_ms: performance.now() - started }
  })
}

test('shared pages: past their room lookers are sent away at once while a checkout opens', async () => {
  const { event, ticket_type } = await openEvent('An evening with too many')
  // Each searches for something else, so nothing can be shared.
  const lookers = await crowdIn(Array.from({ length: 900 }, (_, number) => ({
    path: `/?q=look${number}`, language: number % 2 ? 'fr' : 'en' })))
  const checkout = await get(`/events/${event.slug}/checkout?${ticket_type.id}=1`)
  expect(checkout.status).toBe(200)
  const answers = await Promise.all(lookers)
  expect([...new Set(answers.map(({ status }) => status))].sort()).toEqual([200, 503])
  const refused = answers.filter(({ status }) => status === 503)
  // How many depends on the machine, and on how many processes render; none without the rule.
  expect(refused.length).toBeGreaterThan(20)
  const waits = refused.map(({ after_ms }) => after_ms).sort((a, b) => a - b)
  // Most are refused without a wait; the bound has room for a machine that is busy.
  expect(waits[Math.floor(waits.length / 2)]).toBeLessThan(3000)
  for (const { text } of refused) {
    const seconds = Number(/^retry-after: (\d+)/m.exec(text)?.[1])
    expect(seconds).toBeGreaterThanOrEqual(4)
    expect(text).toContain(`<meta http-equiv="refresh" content="${seconds}">`)
    expect(text).not.toContain('<script')
  }
  expect(refused.some(({ text }) => text.includes('<html lang="fr"'))).toBe(true)
  expect((await get('/')).status).toBe(200)
})
