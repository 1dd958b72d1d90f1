import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { voidRestoredTickets } from './void-restored-tickets.ts'

let it: TestSystem
beforeAll(async () => { it = await startTestSystem([service]) })
afterAll(() => it.stop())

test('voidRestoredTickets: an order that had ended admits nobody, also when its tickets are still to come', async () => {
  const ctx = it.context<Ctx>('tickets')
  const order_id = uuidv7()
  const at = new Date().toISOString()
  const data = {
    backup_id: uuidv7(), taken_at: at, restored_at: at, account_ids: [], order_ids: [order_id],
    ticket_ids: [uuidv7()], address_digests: [],
  }
  const tell = () => ctx.transaction(tx =>
    voidRestoredTickets(ctx, tx, [{ id: uuidv7(), data, request_id: null, created_at: at }]))
  await tell()
  await tell()
  const { rows } = await ctx.pool.query('select id, end_reason from tickets.orders')
  expect(rows).toEqual([{ id: order_id, end_reason: 'ended before a restore' }])
})
