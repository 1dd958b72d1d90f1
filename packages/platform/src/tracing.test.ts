import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineEvent, defineRoute } from '@fermata/contracts/define'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { startTraceReceiver, type ReceivedSpan, type TraceReceiver } from '@fermata/testkit/trace-receiver'
import { Type } from 'typebox'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { createCollector, type Collector } from './collector.ts'
import { createLog } from './log.ts'
import { on, type EventHandler } from './messages.ts'
import type { PlatformSettings } from './platform-settings.ts'
import { defineService, route, type Context, type Request } from './service.ts'
import { createTracing, joinTrace, requestIdOf, traceIdOf } from './tracing.ts'

/** What a collector of traces is told of requests, calls, transactions, batches and events. */

const canary = 'canary-7f3a@example.com'
const noted = defineEvent('orders.noted.v1', Type.Object({ note: Type.String() }))
const write = defineRoute({
  method: 'POST', path: '/api/orders/notes', access: 'public', summary: 'Write',
  query: Type.Object({ token: Type.Optional(Type.String()) }),
  body: Type.Object({ note: Type.String(), fails: Type.Optional(Type.Boolean()) }),
  reply: { 201: Type.Object({}) }, problems: [],
})
const look = defineRoute({
  method: 'GET', path: '/internal/tickets/look', access: 'internal', callers: ['orders'], summary: 'Look',
  query: Type.Object({ q: Type.String() }), reply: { 200: Type.Object({}) }, problems: [],
})

interface Wish { note: string, request_id: string }
type Ctx = Context<{}, { desk: Collector<Wish, object> }>

const orders = defineService<Ctx>({
  name: 'orders',
  routes: [route(write, async function writeNote (ctx: Ctx, { body, id }: Request<typeof write>) {
    if (body.fails) throw new Error(`no room for ${body.note}`)
    await ctx.call(look, { query: { q: body.note }, request_id: id })
    return ctx.resources.desk.add('all', { note: body.note, request_id: id })
  })],
  start: async ctx => ({ desk: createCollector<Wish, object>({
    ctx, name: 'write notes',
    serve: (_lane, wishes) => ctx.transaction(async tx => {
      await ctx.publish(
        tx, noted, wishes.map(({ note }) => ({ note })), wishes.map(({ request_id }) => request_id))
      // Long enough for the others to line up behind the first.
      await new Promise(resolve => setTimeout(resolve, 200))
      return wishes.map(() => ({}))
    }),
    full: () => new Error('full'), isHopeless: () => true,
    max_batch: 100, max_waiting_per_lane: 100, max_waiting: 100, max_parallel: 1,
  }) }),
})
const keepNote: EventHandler<typeof noted, Context> = async () => {}
const tickets = defineService<Context>({
  name: 'tickets', subscriptions: [on(noted, keepNote)],
  routes: [route(look, async function lookAround () { return {} })],
})

let receiver: TraceReceiver
let it: TestSystem
const environmentOf = (more: Record<string, string> = {}) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.url}/`,
  OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20of-a-test', ...more,
})
beforeAll(async () => {
  receiver = await startTraceReceiver()
  it = await startTestSystem([orders, tickets], environmentOf())
})
afterAll(async () => {
  await it.stop()
  await receiver.stop()
})
beforeEach(() => { receiver.spans.length = 0 })

const send = (id: string | undefined, body = {}, headers: Record<string, string> = {}) =>
  it.send(write, { body: { note: canary, ...body }, query: { token: canary },
    headers: { ...(id && { 'x-request-id': id }), ...headers } })
const newId = () => crypto.randomUUID()
/** Waits for a span and all that belongs to its trace by then. */
const traceWith = (trace_id: string, name: string) => it.eventually(async () => {
  const spans = receiver.spans.filter(span => span.trace_id === trace_id)
  return spans.some(span => span.name === name) && spans
}, `${name} in trace ${trace_id}`)
const last_name = 'orders.noted.v1 keepNote'
const childOf = (spans: ReceivedSpan[], parent: ReceivedSpan) =>
  spans.filter(span => span.parent_id === parent.span_id).map(span => `${span.service}: ${span.name}`).sort()
const named = (spans: ReceivedSpan[], name: string) => spans.find(span => span.name === name)!

test('a request is followed through its call, its batch, its transaction and its event', async () => {
  const id = newId()
  expect((await send(id)).headers['x-request-id']).toBe(id)
  const spans = await traceWith(traceIdOf(id), last_name)
  const server = spans.find(span => span.parent_id === undefined)!

  expect(traceIdOf(id)).toBe(id.replaceAll('-', ''))
  expect(server).toMatchObject({ service: 'orders', name: 'POST /api/orders/notes', kind: 2, failed: false,
    attributes: { 'http.response.status_code': 201, 'fermata.request_id': id, 'fermata.operation': 'writeNote' } })
  expect(childOf(spans, server)).toEqual(['orders: GET /internal/tickets/look', 'orders: write notes'])
  const client = spans.find(span => span.kind === 3 && span.name === 'GET /internal/tickets/look')!
  expect(childOf(spans, client)).toEqual(['tickets: GET /internal/tickets/look'])
  const batch = named(spans, 'write notes')
  expect(childOf(spans, batch)).toEqual(['orders: transaction', `tickets: ${last_name}`])
  expect(childOf(spans, named(spans, last_name))).toEqual(['tickets: transaction'])
  expect(Number(named(spans, last_name).attributes['fermata.event.waited_ms'])).toBeLessThan(60_000)
  const now_ns = BigInt(Date.now()) * 1_000_000n
  for (const { began_ns, ended_ns } of spans) {
    expect(ended_ns).toBeGreaterThanOrEqual(began_ns)
    expect(now_ns - began_ns).toBeLessThan(60_000_000_000n)
  }
})

test('spans hold nothing of a body, a query string or a parameter, and no words of an error', async () => {
  const id = newId()
  expect((await send(id, { fails: true })).status).toBe(500)
  const [span] = await traceWith(traceIdOf(id), 'POST /api/orders/notes')

  expect(span).toMatchObject({ failed: true, attributes: { 'http.response.status_code': 500 } })
  const all = receiver.bodies.join('')
  expect(all).toContain('POST /api/orders/notes')
  for (const secret of [canary, 'no room', 'token']) expect(all).not.toContain(secret)
  expect(receiver.headers()).toMatchObject({ authorization: 'Bearer of-a-test' })
})

test('those of one batch each keep their trace; the batch is a trace of its own that links to them', async () => {
  const ids = Array.from({ length: 8 }, newId)
  await Promise.all(ids.map(id => send(id)))
  const traces = await Promise.all(ids.map(id => traceWith(traceIdOf(id), last_name)))
  await it.eventually(async () => receiver.spans.some(span => span.name === 'write notes (batch)'))

  const batches = receiver.spans.filter(span => span.name === 'write notes (batch)')
  for (const spans of traces) {
    const own = named(spans, 'write notes')
    expect(own.parent_id).toBe(spans.find(span => span.kind === 2 && span.service === 'orders')!.span_id)
    const handled = named(spans, last_name)
    expect(handled.parent_id).toBe(own.span_id)
    if (own.links.length === 0) continue
    const batch = batches.find(one => one.span_id === own.links[0]!.span_id)!
    expect(batch.links).toContainEqual({ trace_id: own.trace_id, span_id: own.span_id })
    expect(batch.parent_id).toBeUndefined()
  }
  const sizes = batches.map(batch => Number(batch.attributes['fermata.batch_size']))
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThanOrEqual(ids.length - 1)
  // The transaction is the batch's, not of whoever happened to come first.
  for (const batch of batches) expect(childOf(receiver.spans, batch)).toEqual(['orders: transaction'])
})

test('a trace that is brought along goes on; beside another id it is linked', async () => {
  const trace_id = newId().replaceAll('-', '')
  const brought = { trace_id, span_id: '00f067aa0ba902b7' }
  const traceparent = `00-${brought.trace_id}-${brought.span_id}-01`
  const answer = await send(undefined, {}, { traceparent })
  expect(traceIdOf(String(answer.headers['x-request-id']))).toBe(trace_id)
  const server = named(await traceWith(trace_id, 'POST /api/orders/notes'), 'POST /api/orders/notes')
  expect(server.parent_id).toBe(brought.span_id)

  const id = newId()
  await send(id, {}, { traceparent })
  const linked = named(await traceWith(traceIdOf(id), 'POST /api/orders/notes'), 'POST /api/orders/notes')
  expect(linked).toMatchObject({ parent_id: undefined, links: [brought] })

  for (const nonsense of ['00-1-2-01', `00-${'0'.repeat(32)}-${brought.span_id}-01`, 'x'.repeat(9000)]) {
    expect((await send(newId(), {}, { traceparent: nonsense })).status).toBe(201)
  }
})

test('OTEL_TRACES_SAMPLER_ARG: what is not kept leaves no span, what its sender kept is kept', async () => {
  const other = await startTestSystem(
    [orders, tickets], environmentOf({ OTEL_TRACES_SAMPLER_ARG: '0' }))
  try {
    const trace_id = newId().replaceAll('-', '')
    const headers = { traceparent: `00-${trace_id}-00f067aa0ba902b7-01` }
    const id = newId()
    await other.send(write, { body: { note: 'a' }, headers: { 'x-request-id': id } })
    await other.send(write, { body: { note: 'b' }, headers })
    await traceWith(trace_id, last_name)
    // Sent in their order: what was kept of the first would be here by now.
    expect(receiver.spans.filter(span => span.trace_id === traceIdOf(id))).toEqual([])
    const { rows } = await other.context('orders').pool.query<{ request_id: string }>(
      'select request_id from orders.outbox_events where data ->> $1 = $2', ['note', 'a'])
    expect(rows).toEqual([{ request_id: id }])
  } finally {
    await other.stop()
  }
})

/** Traces of this process alone, with a log that can be read again. */
async function traceAlone () {
  const folder = await mkdtemp(join(tmpdir(), 'fermata-tracing-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const log = createLog('test', { level: 'warn', stdout_level: 'fatal', folder })
  const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_TRACES_SAMPLER_ARG: 1 }
  const tracing = await createTracing(settings as PlatformSettings, '1', log)
  const file = join(folder, 'test.log')
  return {
    stop: tracing.stop,
    add: (name: string) => tracing.root({ service: 'users', name, kind: 'internal' }, async () => {}),
    firstLine: () => it.eventually(async () => {
      const [line, rest] = existsSync(file) ? (await readFile(file, 'utf8')).split('\n') : []
      return rest !== undefined && JSON.parse(line!)
    }),
  }
}
const ofUsers = () => receiver.spans.filter(one => one.service === 'users')

test('a collector that is away costs nobody anything, and gets what was kept when it is back', async () => {
  const { add, stop, firstLine } = await traceAlone()
  receiver.answerWith(503)
  await Promise.all(Array.from({ length: 12_000 }, (_, n) => add(`span ${n}`)))
  await it.eventually(async () => receiver.refused() > 0)
  expect(ofUsers()).toEqual([])
  receiver.answerWith(200)
  // Those that wait, and the message that was refused.
  await it.eventually(async () => ofUsers().length === 8192 + 2048)
  await add('later')
  await stop()
  expect(ofUsers().at(-1)!.name).toBe('later')
  expect(await firstLine()).toMatchObject({ msg: 'traces are incomplete', reason: expect.stringContaining('1760') })
})

test('what a collector refuses for its form is not sent again, and the log says so', async () => {
  const { add, stop, firstLine } = await traceAlone()
  receiver.answerWith(400)
  await Promise.all([add('a'), add('b')])
  expect(await firstLine()).toMatchObject({ msg: 'traces are incomplete', lost: 2, err: { code: 400 } })
  receiver.answerWith(200)
  await add('c')
  await stop()
  expect(ofUsers().map(({ name }) => name)).toEqual(['c'])
})

test('joinTrace, requestIdOf: a later request joins the trace of an earlier one, and ids stay ids', () => {
  const [own, earlier] = [newId(), newId()]
  expect(joinTrace(own, undefined)).toBe(own)
  expect(joinTrace(own, earlier)).toBe(own)
  expect(joinTrace(own, `${earlier}/00f067aa0ba902b7`)).toBe(`${earlier}/00f067aa0ba902b7`)
  expect(joinTrace(`${own}/1`, `${own}/2`)).toBe(`${own}/1`)
  expect(requestIdOf(`${own}/00f067aa0ba902b7`)).toBe(own)
  expect(traceIdOf('any-other_id')).toMatch(/^[0-9a-f]{32}$/)
})

/** Lists which modules of ours and of OpenTelemetry a process loads when it begins to trace, or not. */
const probe = `
  import { registerHooks } from 'node:module'
  const loaded = []
  registerHooks({ load (url, context, next) { loaded.push(url); return next(url, context) } })
  const { createTracing } = await import(process.argv[1])
  const settings = process.argv[2] ? { OTEL_EXPORTER_OTLP_ENDPOINT: process.argv[2], OTEL_TRACES_SAMPLER_ARG: 1 } : {}
  const tracing = await createTracing(settings, '1', console)
  await tracing.stop()
  console.log(JSON.stringify(loaded.map(url => url.split('/').at(-1))))`

test('createTracing: without an address nothing that makes or sends spans is even loaded', () => {
  const loadedWith = (...endpoint: string[]) => JSON.parse(execFileSync(process.execPath,
    ['--input-type=module', '-e', probe, new URL('tracing.ts', import.meta.url).href, ...endpoint]).toString()) as string[]
  expect(loadedWith().filter(name => !name.startsWith('node:'))).toEqual(['tracing.ts'])
  expect(loadedWith('http://127.0.0.1:9')).toEqual(expect.arrayContaining(['spans.ts', 'span-export.ts']))
})
