import { defineEvent } from '@fermata/contracts/define'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createConsumer } from './consumer.ts'
import { uuidv7 } from './ids.ts'
import { on, type StoredEvent } from './messages.ts'
import { defineService, type Context } from './service.ts'

const noted = defineEvent('events.noted.v1', Type.Object({}))

let it: TestSystem
beforeAll(async () => {
  it = await startTestSystem([defineService<Context>({ name: 'tickets', routes: [] })])
})
afterAll(() => it.stop())

const letters = async (event_id: string) => (await it.context('tickets').pool.query(
  'select error from tickets.dead_letters where event_id = $1', [event_id])).rows.length

test('consume: only what a handler refused counts, however often it was delivered', async () => {
  const ctx = it.context('tickets')
  let is_away = true
  async function refuse () { throw new Error('cannot take it') }
  const consumer = createConsumer({
    service: 'tickets', subscription: on(noted, refuse), ctx, log: ctx.log,
    tracing: ctx.tracing,
    transaction: work => {
      if (is_away) throw Object.assign(new Error('terminating connection'), { code: '57P01' })
      return ctx.transaction(work)
    },
  })
  // As JetStream delivers it: what failed before is for us to know.
  const event: StoredEvent = { id: uuidv7(), type: noted.type, data: {}, request_id: null,
    attempts: 0, created_at: '' }

  for (let delivery = 1; delivery <= 20; delivery++) {
    expect(await consumer.consume([event])).toEqual([event.id])
  }
  is_away = false
  for (let failure = 1; failure <= 7; failure++) {
    expect(await consumer.consume([event])).toEqual([event.id])
  }
  expect(await letters(event.id)).toBe(0)
  expect(await consumer.consume([event])).toEqual([])
  expect(await letters(event.id)).toBe(1)
})
