import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { uuidv7 } from './ids.ts'
import { claimOutbox } from './message-queries.ts'
import type { Batch } from './messages.ts'
import { defineService, type Context } from './service.ts'
import { sql } from './sql.ts'

/** What an outbox gives away is JSON that PostgreSQL wrote: it must say what the rows say. */

let it: TestSystem
let ctx: Context

beforeAll(async () => {
  it = await startTestSystem([defineService<Context>({ name: 'events', routes: [] })])
  ctx = it.context('events')
})
afterAll(() => it.stop())

interface Row { id: string, type: string, data: unknown, request_id: string | null }

const row = (data: unknown, type = 'a.b.v1', request_id: string | null = null): Row =>
  ({ id: uuidv7(), type, data, request_id })

/** Claims rows of a transaction that nobody else sees, in a time zone that is not ours. */
async function claim (rows: Row[], limit = 1000) {
  let claimed: Awaited<ReturnType<typeof claimOutbox>> | undefined
  await ctx.transaction(async tx => {
    await sql`set local timezone = 'Asia/Kolkata'`.run(tx)
    for (const { id, type, data, request_id } of rows) await sql`
      insert into events.outbox (id, type, data, request_id, attempts, created_at, available_at)
      values (${id}, ${type}, ${JSON.stringify(data)}, ${request_id}, 3,
              '2026-11-25T23:59:59.987654Z', now())`.run(tx)
    claimed = await claimOutbox(tx, 'events', limit)
    throw new Error('taken back')
  }).catch((error: Error) => { if (error.message !== 'taken back') throw error })
  return claimed!
}

const read = ({ text }: Batch) => JSON.parse(text) as unknown[]

test('claimOutbox: events are as they were written, whatever is in them', async () => {
  const rows = [
    row({ name: 'Zoë 🎭 "q" \\ \n', none: null }, 'a.b.v1', 'a "quoted" \\ one'), row([1, { n: 2 }]),
  ]
  const { batches: [batch, ...more] } = await claim(rows)
  expect(more).toEqual([])
  expect(batch).toMatchObject({ type: 'a.b.v1', ids: rows.map(({ id }) => id) })
  expect(read(batch!)).toEqual(rows.map(one =>
    ({ ...one, attempts: 3, created_at: '2026-11-25T23:59:59.987Z' })))
})

test('claimOutbox: a batch is of one type and a million characters, or one event', async () => {
  const large = 'x'.repeat(600_000)
  const rows = [row({ large }), row(1, 'a.c.v1'), row({ large }), row(2),
    row({ large: large + large })]
  const { batches, full } = await claim(rows)
  expect(full).toBe(false)
  expect(batches.map(({ type, ids }) => [type, ids])).toEqual([
    ['a.b.v1', [rows[0]!.id]], ['a.b.v1', [rows[2]!.id, rows[3]!.id]], ['a.b.v1', [rows[4]!.id]],
    ['a.c.v1', [rows[1]!.id]],
  ])
  expect(batches.flatMap(read)).toHaveLength(5)
})

test('claimOutbox: says when there may be more', async () => {
  const rows = [row(1), row(2), row(3)]
  const { batches, full } = await claim(rows, 2)
  expect(full).toBe(true)
  expect(batches[0]!.ids).toEqual([rows[0]!.id, rows[1]!.id])
  expect((await claim([])).batches).toEqual([])
})
