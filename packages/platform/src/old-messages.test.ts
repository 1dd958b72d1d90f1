import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { firstIdAt } from './ids.ts'
import { deleteOldMessages } from './message-queries.ts'
import { defineService, type Context } from './service.ts'

let it: TestSystem
let ctx: Context

beforeAll(async () => {
  it = await startTestSystem([defineService<Context>({ name: 'events', routes: [] })])
  ctx = it.context('events')
})
afterAll(() => it.stop())

/** Rows of each table that were done with so many days ago, with ids of that time. */
async function seed (count: number, days: number) {
  const first = firstIdAt(Date.now() - days * 86_400_000).slice(0, 24)
  const ago = `now() - interval '${days} days'`
  const id = `('${first}' || lpad(to_hex(n), 12, '0'))::uuid from generate_series(1, ${count}) n`
  await ctx.pool.query(`
    insert into events.outbox (sent_at, created_at, available_at, type, data, id)
      select ${ago}, ${ago}, ${ago}, 'a.b.v1', '{}', ${id};
    insert into events.inbox (handler, received_at, event_id) select 'handle', ${ago}, ${id};
    insert into events.idempotency_keys (scope, fingerprint, status, created_at, key)
      select '${days}', '', 200, ${ago}, n::text from generate_series(1, ${count}) n`)
}

async function count (table: string) {
  const { rows } = await ctx.pool.query(`select count(*) as count from events.${table}`)
  return Number(rows[0].count)
}
const counts = async () =>
  [await count('outbox'), await count('inbox'), await count('idempotency_keys')]

test('old messages: however many there are, they go, and what is young or unsent stays', async () => {
  await seed(25_000, 9)
  await seed(300, 7.5)
  await seed(200, 0.05)
  await ctx.pool.query(`insert into events.outbox (id, type, data, available_at, created_at)
    values ($1, 'a.b.v1', '{}', now() + interval '1 day', now() - interval '20 days')`,
  [firstIdAt(Date.now() - 20 * 86_400_000)])
  expect(await counts()).toEqual([25_501, 25_500, 25_500])

  await deleteOldMessages(ctx.db, 'events')

  expect(await counts()).toEqual([201, 500, 200])
  const { rows } = await ctx.pool.query('select sent_at from events.outbox where sent_at is null')
  expect(rows).toHaveLength(1)
})
