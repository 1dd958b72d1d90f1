import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineRoute, raw } from '@fermata/contracts/define'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer_within_ms } from './deadline.ts'
import { defineService, route, type Context } from './service.ts'

const Lines = raw('application/x-ndjson')
const long = defineRoute({
  method: 'GET', path: '/api/orders/long', access: 'public', summary: 'Begins at once',
  reply: { 200: Lines }, problems: [] })
const late = defineRoute({
  method: 'GET', path: '/api/orders/late', access: 'public', summary: 'Begins too late',
  reply: { 200: Lines }, problems: [] })

const longer_ms = answer_within_ms + 500

async function * lines () {
  yield Buffer.from('first\n')
  await sleep(longer_ms)
  yield Buffer.from('last\n')
}
const stream = () => Readable.from(lines(), { objectMode: false })

let unread: Readable | undefined

const service = defineService<Context>({ name: 'orders', routes: [
  route(long, async function getLong () { return stream() as never }),
  route(late, async function getLate () {
    await sleep(longer_ms)
    unread = stream()
    return unread as never
  }),
] })

let it: TestSystem
let url: string
beforeAll(async () => {
  it = await startTestSystem([service], { LOG_LEVEL: 'fatal' })
  url = await it.system.app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => it.stop())

test('answers: a stream that began in time goes on for as long as it has something to say', async () => {
  const [over_the_wire, inside, too_late] = await Promise.all([
    fetch(`${url}/api/orders/long`).then(answer => answer.text()),
    it.system.app.inject('/api/orders/long').then(answer => answer.body),
    fetch(`${url}/api/orders/late`).then(async answer => [answer.status, await answer.json()]),
  ])
  expect(over_the_wire).toBe('first\nlast\n')
  expect(inside).toBe('first\nlast\n')
  expect(too_late).toMatchObject([503, { type: '/problems/request/unavailable' }])
  // What it holds, such as a connection, is let go.
  await it.eventually(async () => unread?.destroyed)
}, 30_000)
