import { listReconciliations, startReconciliation } from '@fermata/contracts/reconciliation'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { eventually, startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import backups from './service.ts'

/** One service alone, which has given up an event: it can say so of itself, and who is away. */

let it: TestSystem
let admin: string

beforeAll(async () => {
  it = await startTestSystem([backups])
  admin = await it.personToken({ roles: ['admin'] })
  await sql`insert into backups.dead_letters (id, event_id, handler, type, data, error, created_at)
    values (${uuidv7()}, ${uuidv7()}, 'x', 'backups.backup_failed.v1', '{}', 'No', '2026-01-01')`.run(it.context<Ctx>('backups').db)
})
afterAll(() => it.stop())

const ended = () => eventually(async () => {
  const { body } = await it.send(listReconciliations, { token: admin })
  return body.items[0]?.status === 'completed' && body.items[0]
}, 'the comparison to end', 60_000)

test('startReconciliation: what is wrong is counted, who is away is named, and the metric says so', async () => {
  const { status, body } = await it.send(startReconciliation, { token: admin, key: 'now' })
  expect(status).toBe(202)
  const again = await it.send(startReconciliation, { token: admin, key: 'again' })
  expect(again.body.id, 'one at a time').toBe(body.id)

  const run = await ended()

  expect(run).toMatchObject({ id: body.id, trigger: 'request', mismatch_count: 1 })
  expect(run.result!.mismatches).toMatchObject([{ kind: 'dead_letter', count: 1, first: [
    { service: 'backups', detail: 'backups.backup_failed.v1 for x: No' }] }])
  expect(run.result!.unanswered.map(one => one.service)).toContain('orders')
  const { payload } = await it.system.app.inject('/metrics')
  expect(payload).toMatch(/fermata_mismatches\{service="backups",kind="dead_letter"\} 1\b/)
  expect(payload).toMatch(/fermata_mismatches\{service="backups",kind="pool_oversold"\} 0\b/)
}, 90_000)

test('listReconciliations: administrators read it, nobody else does', async () => {
  const person = await it.personToken()
  expect((await it.send(listReconciliations, { token: person })).status).toBe(403)
  expect((await it.send(startReconciliation, { token: person })).status).toBe(403)
})

test('runReconciliations: what a killed process left is begun again', async () => {
  const id = uuidv7()
  await sql`insert into backups.reconciliations (id, trigger) values (${id}, 'schedule')`.run(it.context<Ctx>('backups').db)

  expect(await ended()).toMatchObject({ id, trigger: 'schedule' })
}, 90_000)
