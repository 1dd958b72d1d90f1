import fc from 'fast-check'
import { uuidv7 } from '@fermata/platform/ids'
import { listOrders, placeOrder } from '@fermata/contracts/orders'
import { createTokens } from '@fermata/platform/tokens'
import {
  createDataFolder, startServerProcess, type ServerProcess,
} from '@fermata/testkit/server-process'
import { testSecrets } from '@fermata/testkit/start'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buyer, eventually, must, putOnSale, signIn } from '../end-to-end/sell.ts'
import { allRoutes, type ServedRoute } from '../security/fuzz/routes.ts'
import { Lookup, valueOf } from '../security/fuzz/values.ts'
import { listPages } from '../security/pages.ts'
import { freezeDatabase, type Frozen } from './freeze.ts'

/**
 * A database that stands still, as when its disk hangs or its machine is suspended: it takes
 * connections and says nothing. Nobody waits for it longer than ten seconds, whatever they ask.
 */

/** Ten are meant, which docs/reliability.md judges; a busy machine is not what is tried here. */
const answered_within_ms = 15_000
const busy_machine_ms = 300_000
const seed = Number(process.env.FAULTS_SEED ?? 11)

const secrets = testSecrets()
const tokens = createTokens(secrets)
const admin_id = uuidv7()

let data: Awaited<ReturnType<typeof createDataFolder>>
let server: ServerProcess
let frozen: Frozen | undefined

interface Answered { what: string, status: number, took_ms: number, again: string | null }

async function ask (what: string, path: string, init: RequestInit = {}): Promise<Answered> {
  const began_ms = performance.now()
  const took_ms = () => Math.round(performance.now() - began_ms)
  try {
    const answer = await fetch(server.url + path,
      { redirect: 'manual', signal: AbortSignal.timeout(60_000), ...init })
    await answer.arrayBuffer()
    const { status, headers } = answer
    return { what, status, took_ms: took_ms(), again: headers.get('retry-after') }
  } catch (error) {
    return { what: `${what}: ${String((error as Error).cause ?? error)}`, status: 0,
      took_ms: took_ms(), again: null }
  }
}

const looked: Record<string, (number: number) => unknown> = {
  email: number => `person-${number}@example.com`, stranger: number => `stranger-${number}@example.com`,
  moment: days => new Date(Date.now() + days * 86_400_000).toISOString(),
}

/** Ids that belong to nothing and texts that open nothing: fit, and not found. */
function filled (value: unknown): unknown {
  if (value instanceof Lookup) {
    const make = looked[value.kind] ??
      (/token|challenge|pass|code|cursor/.test(value.kind) ? () => 'a'.repeat(43) : uuidv7)
    return make(value.number)
  }
  if (Array.isArray(value)) return value.map(filled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filled(one)]))
}

async function requestOf ({ service, name, route }: ServedRoute): Promise<[string, RequestInit]> {
  const { path, method, access, params, query, body, callers } = route
  const made = (schema: typeof body) => schema
    ? filled(fc.sample(valueOf(schema, '', path), { seed, numRuns: 1 })[0]) : undefined
  const inPath = made(params) as Record<string, string> | undefined ?? {}
  const asked = Object.entries(made(query) as Record<string, unknown> | undefined ?? {})
  const address = path.replace(/\{(\w+)\}/g, (_, key: string) =>
    encodeURIComponent(inPath[key] ?? uuidv7()))
  const search = new URLSearchParams(
    Object.fromEntries(asked.map(([key, value]) => [key, String(value)]))).toString()
  const token = access === 'internal' ? await tokens.signInternal(callers![0]!, service)
    : access === 'public' ? undefined
      : await tokens.signAccess({ user_id: admin_id, roles: ['user', 'admin'], login_id: uuidv7(),
        email: 'admin-of-tests@example.com', email_verified: true, must_enroll: false,
        confirmed_at_s: Math.floor(Date.now() / 1000) })
  const content = made(body)
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  return [search ? `${address}?${search}` : address, {
    method, body: text,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type':
        (body as { contentMediaType?: string }).contentMediaType ?? 'application/json' }),
      ...(route.idempotent && { 'idempotency-key': `frozen-${name}-${uuidv7()}` }),
    },
  }]
}

/** Too slow, failed, or refused without a word about when to come again. */
const isWrong = ({ status, took_ms, again }: Answered) =>
  status === 0 || took_ms > answered_within_ms ||
  (status >= 500 && (status !== 503 || again === null))

describe.runIf(process.platform === 'linux')('a database that stands still', () => {
  beforeAll(async () => {
    data = await createDataFolder()
    server = await startServerProcess(data.folder, secrets)
  }, 300_000)
  afterAll(async () => {
    frozen?.thaw()
    await server?.stop()
    await data?.remove()
  })

  test('every route and every page is answered within ten seconds, and all is well afterwards', async () => {
    console.log(`FAULTS_SEED=${seed}`)
    const routes = await allRoutes()
    expect(routes.length).toBeGreaterThan(150)
    const requests = await Promise.all(routes.map(async served =>
      [`${served.route.method} ${served.route.path}`, ...await requestOf(served)] as const))
    const organizer = server.callAs(await signIn(server.call, 'eventcreator'))
    const { event, ticket_type } = await putOnSale(organizer)
    const key = uuidv7()
    const order = { body: {
      event_id: event.id, items: [{ ticket_type_id: ticket_type.id, quantity: 2 }], buyer: buyer(),
    }, headers: { 'idempotency-key': key } }
    for (const path of ['/', `/events/${event.slug}`]) {
      expect(await ask(path, path)).toMatchObject({ status: 200 })
    }

    frozen = await freezeDatabase(data.folder)
    const stopped_ms = performance.now()
    await eventually(async () =>
      (await ask('ready', '/api/orders/health/ready')).status === 503, 'not to be ready',
    busy_machine_ms)
    const not_ready_ms = Math.round(performance.now() - stopped_ms)
    const [pages, placed, ...answers] = await Promise.all([
      Promise.all(['/', `/events/${event.slug}`].map(path => ask(path, path))),
      ask('the order', '/api/orders', { method: 'POST', body: JSON.stringify(order.body), headers: {
        'content-type': 'application/json', ...order.headers } }),
      ...requests.map(([what, path, init]) => ask(what, path, init)),
    ])
    const visited = await Promise.all((await listPages()).map(({ path }) => ask(path, path)))
    const metrics = await ask('/metrics', '/metrics')
    const health = await ask('/health', '/health')

    frozen.thaw()
    const thawed_ms = performance.now()
    await eventually(async () => (await ask('health', '/health')).status === 200, 'good health',
      busy_machine_ms)
    const healed_ms = Math.round(performance.now() - thawed_ms)
    const again = await must(server.call(placeOrder, order as never), placeOrder)
    const { items } = await must(
      organizer(listOrders, { query: { event_id: event.id } }), listOrders)

    const all = [...answers, ...visited, metrics, health]
    const slowest = all.toSorted((a, b) => b.took_ms - a.took_ms)[0]!
    console.log(`${routes.length} routes and ${visited.length} pages: ${
      all.filter(({ status }) => status === 503).length} answers of 503, the slowest after ${
      slowest.took_ms} ms (${slowest.what}); not ready after ${not_ready_ms} ms, healthy ${
      healed_ms} ms after the end`)
    expect(all.filter(isWrong)).toEqual([])
    expect(answers.filter(({ status }) => status === 503).length).toBeGreaterThan(100)
    expect(pages.map(({ status }) => status)).toEqual([200, 200])
    expect(placed.status).toBe(503)
    expect(again.status).toBe('pending')
    expect(items.filter(({ id }) => id === again.id)).toHaveLength(1)
    expect(items).toHaveLength(1)
  }, 1_200_000)
})
