import { defineRoute } from '@fermata/contracts/define'
import { unavailable } from '@fermata/contracts/problems'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Problem } from './problem.ts'
import { createRefusalPace } from './refusal-pace.ts'
import { defineService, route, type Context, type Request } from './service.ts'

const hold = defineRoute({
  method: 'POST', path: '/api/orders/hold', access: 'public', summary: 'Hold',
  body: Type.Object({ event: Type.String() }),
  reply: { 200: Type.Object({ event: Type.String() }) }, problems: [],
})
const full = new Problem(unavailable, 'Full.', { headers: { 'retry-after': '1' } })
const service = defineService<Context>({
  name: 'orders',
  routes: [route(hold, async (_ctx: Context, { body }: Request<typeof hold>) => body, {
    refuse: (_ctx, body) => body.includes('"hot"') ? full : null,
  })],
})

let it: TestSystem
let origin = ''
beforeAll(async () => {
  it = await startTestSystem([service])
  origin = await it.system.app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(() => it.stop())

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
