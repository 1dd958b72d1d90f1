import { defineEvent } from '@fermata/contracts/define'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Tx } from './database.ts'
import { on, type EventOf } from './messages.ts'
import { defineService, type Context } from './service.ts'

const noted = defineEvent('events.noted.v1', Type.Object({ subject: Type.String() }))

const heard: string[] = []
async function hear (_ctx: Context, _tx: Tx, events: EventOf<typeof noted>[]) {
  heard.push(...events.map(({ data }) => data.subject))
}

let it: TestSystem
beforeAll(async () => {
  it = await startTestSystem([
    defineService<Context>({ name: 'events', routes: [] }),
    defineService<Context>({ name: 'tickets', routes: [],
      subscriptions: [on(noted, hear, ({ subject }) => subject !== 'guest')] }),
  ])
})
afterAll(() => it.stop())

test('on: an event that does not concern a handler is done with, and leaves no inbox row', async () => {
  const ctx = it.context('events')
  await ctx.transaction(tx =>
    ctx.publish(tx, noted, ['guest', 'ann', 'guest'].map(subject => ({ subject }))))
  await it.eventually(async () => (await ctx.pool.query(
    'select from events.outbox where sent_at is null')).rows.length === 0, 'an empty outbox')

  expect(heard).toEqual(['ann'])
  expect((await ctx.pool.query('select from tickets.inbox')).rows).toHaveLength(1)
})
