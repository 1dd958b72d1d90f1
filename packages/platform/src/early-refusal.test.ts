import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineRoute } from '@fermata/contracts/define'
import { unavailable } from '@fermata/contracts/problems'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { earlyJson } from './early-answers.ts'
import { Problem } from './problem.ts'
import { createRefusalPace } from './refusal-pace.ts'
import { defineService, route, type Context, type Request } from './service.ts'

const hold = defineRoute({
  method: 'POST', path: '/api/orders/hold', access: 'public', summary: 'Hold',
  body: Type.Object({ event: Type.String() }),
  reply: { 200: Type.Object({ event: Type.String() }) }, problems: [],
})
const count = defineRoute({
  method: 'GET', path: '/api/orders/count', access: 'public', summary: 'Count',
  query: Type.Object({ late: Type.Optional(Type.String()) }),
  reply: { 200: Type.Integer() }, problems: [],
})
const getCount = async () => 1
const takeHold = async (_ctx: Context, { body }: Request<typeof hold>) => body
const full = new Problem(unavailable, 'Full.', { headers: { 'retry-after': '1' } })
const service = defineService<Context>({
  name: 'orders',
  routes: [
    route(hold, takeHold, {
      refuse: (_ctx, body) => body.includes('"hot"') ? full : null,
    }),
    route(count, getCount, { early: (_ctx, { query }) => query === 'early' ? earlyJson('1', {}) : null }),
  ],
})

let it: TestSystem
let origin = ''
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fermata-refusals-'))
  it = await startTestSystem(
    [service], { LOG_LEVEL: 'info', LOG_STDOUT_LEVEL: 'fatal', FERMATA_LOG_DIR: folder })
  origin = await it.system.app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(async () => {
  await it.stop()
  await rm(folder, { recursive: true })
})

const ask = (body: string) => fetch(`${origin}/api/orders/hold`,
  { method: 'POST', headers: { 'content-type': 'application/json' }, body })

test('refuse: what is full is refused as a problem with all headers, and the connection stays', async () => {
  const answer = await ask('{"event":"hot"}')
  expect(answer.status).toBe(503)
  expect(await answer.json()).toMatchObject({ type: unavailable.type, status: 503, detail: 'Full.' })
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'application/problem+json', 'retry-after': '1', 'x-content-type-options': 'nosniff',
    'x-request-id': expect.stringMatching(/^[\w-]{36}$/),
  })
  expect(answer.headers.get('connection')).not.toBe('close')
  const ids = [answer, await ask('{"event":"hot"}')].map(one => one.headers.get('x-request-id'))
  expect(new Set(ids).size).toBe(2)
})

test('refuse: anybody else is read and checked as ever', async () => {
  expect(await (await ask('{"event":"cold"}')).json()).toEqual({ event: 'cold' })
  expect((await ask('{"event":1}')).status).toBe(400)
  expect((await ask('{"event":')).status).toBe(400)
})

const metricOf = async (pattern: RegExp) =>
  Number(pattern.exec(await it.system.metrics.registry.metrics())?.[1] ?? 0)

test('refuse: the refused are in the metrics, and in the log as one line for all of five seconds', async () => {
  const in_metrics = () => metricOf(/^fermata_http_request_duration_seconds_count\{.*operation="takeHold",status="503"\} (\d+)/m)
  const before = await in_metrics()
  const refused = 300
  await Promise.all(Array.from({ length: refused }, () => ask('{"event":"hot"}')))
  await it.eventually(async () => await in_metrics() === before + refused, 'all to be counted')

  const linesOf = async () => (await readFile(join(folder, 'orders.log'), 'utf8')).trim().split('\n')
    .map(line => JSON.parse(line) as { msg: string, status?: number, refused?: number })
  const told = () => linesOf().then(lines => lines.filter(({ msg }) => msg === 'requests refused'))
  const sum = (lines: { refused?: number }[]) => lines.reduce((all, line) => all + line.refused!, 0)
  await it.eventually(async () => sum(await told()) === before + refused, 'the refused to be told of')
  expect((await told()).length).toBeLessThanOrEqual(2)
  expect((await linesOf()).filter(({ status }) => status === 503)).toEqual([])
})

test('early: what is answered early is counted by its route and status, what is left to the route is not', async () => {
  const counted = () => metricOf(/^fermata_http_early_answers_total\{service="orders",operation="getCount",status="200"\} (\d+)/m)
  const poll = (query: string) => fetch(`${origin}/api/orders/count?${query}`)
  for (const query of ['early', 'early', 'late']) expect((await poll(query)).status).toBe(200)
  expect(await counted()).toBe(2)
  await poll('early')
  expect(await counted()).toBe(3)
})

test('createRefusalPace: a burst leaves at once, a flood in its order and at the pace', async () => {
  const pace = createRefusalPace()
  const left: number[] = []
  const wanted = 3600
  const began = performance.now()
  for (let n = 0; n < wanted; n++) pace(() => left.push(n))
  const at_once = left.length
  while (left.length < wanted) await new Promise(resolve => setTimeout(resolve, 10))

  expect(at_once).toBe(2800)
  expect(performance.now() - began).toBeGreaterThan(190)
  expect(left).toEqual(Array.from({ length: wanted }, (_, n) => n))
})
