import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as api from '@fermata/contracts/backups'
import type { DataOf } from '@fermata/contracts/define'
import { uuidv7 } from '@fermata/platform/ids'
import { subjectOfAddress } from '@fermata/platform/personal-data'
import { defineService, type Context } from '@fermata/platform/service'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import { readEndings, toldOf } from '../copies/endings.ts'
import { copiesOf } from '../copies/open-store.ts'
import service from '../service.ts'
import {
  keepChangedMembers, keepChangedPasswords, keepDeletedAccounts, keepEndings, keepErasedAddresses,
  keepRights,
} from './keep-endings.ts'

let it: TestSystem
let ctx: Ctx
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fermata-endings-'))
  it = await startTestSystem([service, defineService<Context>({ name: 'auth', routes: [] })],
    { BACKUP_DIR: dir, LOG_LEVEL: 'fatal' })
  ctx = it.context<Ctx>('backups')
})
afterAll(async () => {
  await it.stop()
  await rm(dir, { recursive: true, force: true })
})
const admin = () => it.personToken({ roles: ['admin'] })

test('keepEndings: what ended is beside the copies, signed, without an address, and told after a restore', async () => {
  const at = new Date(Date.now() + 60_000).toISOString()
  const [order_id, user_id] = [uuidv7(), uuidv7()]
  const event = <T>(data: T) => [{ id: uuidv7(), data, request_id: null, created_at: at }]
  const { body: { id } } = await it.send(api.createBackup,
    { token: await admin(), body: { services: ['auth'] } })
  const backup = await it.eventually(async () => {
    const { body } = await it.send(api.getBackup, { token: await admin(), params: { id } })
    return body.status === 'completed' && body
  }, 'the backup')
  await ctx.transaction(async tx => {
    await keepEndings(ctx, tx, event({ order_id, canceled_at: at }) as never)
    await keepDeletedAccounts(ctx, tx, event({ user_id, deleted_at: at }) as never)
    await keepErasedAddresses(ctx, tx,
      event({ address: 'eve@example.com', erased_at: at }))
  })
  const { store, keys } = copiesOf(ctx.settings)
  const { endings, unread } = await readEndings([store], keys, backup.taken_at!)
  expect(unread).toEqual([])
  expect(endings.map(({ what, who }) => [what, who])).toEqual([
    ['order', order_id], ['account', user_id],
    ['address', subjectOfAddress('eve@example.com').toString('hex')],
  ])
  const long_after = new Date(Date.now() + 12 * 60_000).toISOString()
  expect((await readEndings([store], keys, long_after)).endings).toEqual([])

  await it.send(api.restoreBackup, {
    token: await admin(), params: { id: backup.id }, body: { services: ['auth'] },
  })
  const { rows } = await ctx.pool.query<{ data: DataOf<typeof api.copiesRestored> }>(
    'select data from backups.outbox_events where type = $1', [api.copiesRestored.type])
  expect(rows.map(({ data }) => [data.order_ids, data.account_ids]))
    .toEqual([[[order_id], [user_id]]])

  for (const name of await store.names('endings')) {
    const path = join(dir, 'endings', name)
    await writeFile(path, (await readFile(path, 'utf8')).replace('order', 'ticket').replace('2', '3'))
  }
  const damaged = await readEndings([store], keys, backup.taken_at!)
  expect([damaged.endings, damaged.unread.length]).toEqual([[], 3])
})

test('keepEndings: of roles and members the last state counts, in whatever order they are heard', async () => {
  const user_id = uuidv7()
  const at = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()
  const event = <T>(data: T) => [{ id: uuidv7(), data, request_id: null, created_at: at(0) }]
  const roles = (set: string[], minutes: number) =>
    event({ user_id, roles: set, changed_at: at(minutes), changed_by: user_id }) as never
  const place = { organizer_id: uuidv7(), member_id: uuidv7(), event_id: null }
  await ctx.transaction(async tx => {
    await keepRights(ctx, tx, roles(['admin'], 102))
    await keepRights(ctx, tx, roles(['user'], 101))
    await keepChangedMembers(ctx, tx, event({ ...place, role: null, changed_at: at(102) }))
    await keepChangedMembers(ctx, tx, event({ ...place, role: 'door', changed_at: at(101) }))
    await keepChangedPasswords(ctx, tx, event({ user_id, changed_at: at(101) }))
  })
  const { store, keys } = copiesOf(ctx.settings)
  const { endings } = await readEndings([store], keys, at(0))
  const { roles: kept, members, passwords } = toldOf(endings.filter(one => one.at > at(100)))[0]!
  expect(kept).toMatchObject([{ user_id, roles: ['admin'] }])
  expect(members).toMatchObject([{ ...place, role: null }])
  expect(passwords).toMatchObject([{ user_id }])
})
