import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as api from '@fermata/contracts/backups'
import type { EventOf } from '@fermata/platform/messages'
import { on } from '@fermata/platform/messages'
import { firstIdAt, uuidv7 } from '@fermata/platform/ids'
import { defineService, type Context } from '@fermata/platform/service'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import { createEndingsMirror, forgetEndings, readEndings, writeEndings } from './copies/endings.ts'
import { copiesOf } from './copies/open-store.ts'
import { catchUpElsewhere } from './keep-elsewhere.ts'
import service from './service.ts'
import { secret, startObjectStore, type ObjectStore } from './test/object-store.ts'

/** The store away from this machine: what is there, and what while it is away. */

const place = 's3://copies/shop'
let bucket: ObjectStore
let it: TestSystem
let ctx: Ctx
let dir: string
const heard: EventOf<typeof api.backupFailed>['data'][] = []

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fermata-elsewhere-'))
  bucket = await startObjectStore()
  const hear = async (_ctx: Context, _tx: unknown, events: EventOf<typeof api.backupFailed>[]) => {
    heard.push(...events.map(({ data }) => data))
  }
  const auth = defineService<Context>({
    name: 'auth', routes: [], subscriptions: [on(api.backupFailed, hear)] })
  it = await startTestSystem([service, auth], {
    BACKUP_DIR: dir, BACKUP_S3_URL: place, BACKUP_S3_ENDPOINT: bucket.endpoint,
    BACKUP_S3_ACCESS_KEY_ID: 'fermata', BACKUP_S3_SECRET_ACCESS_KEY: secret,
    BACKUP_KEEP_LAST: '2', BACKUP_KEEP_DAYS: '0', LOG_LEVEL: 'fatal',
  })
  ctx = it.context<Ctx>('backups')
})
afterAll(async () => {
  await it.stop()
  await bucket.stop()
  await rm(dir, { recursive: true, force: true })
})
beforeEach(() => bucket.fail(0))

const as = async () => ({ token: await it.personToken({ roles: ['admin'] }) })
const get = async (id: string) =>
  (await it.send(api.getBackup, { ...await as(), params: { id } })).body
const verify = async (id: string) => it.send(api.verifyBackup, { ...await as(), params: { id } })

async function made (): Promise<api.Backup> {
  const { body: { id } } = await it.send(api.createBackup,
    { ...await as(), body: { services: ['auth'] } })
  return it.eventually(async () => {
    const backup = await get(id)
    return ['completed', 'failed'].includes(backup.status) && backup
  }, 'the backup')
}
const inBucket = (id: string) => [...bucket.objects.keys()]
  .filter(key => key.startsWith(`shop/${id}/`)).map(key => key.slice(`shop/${id}/`.length)).sort()
/** Every request is tried three times before the store counts as away. */
const for_long = 1_000_000

test('keepElsewhere: a backup is in the bucket as well, and is restored from there when the disk has lost it', async () => {
  const backup = await made()
  expect(backup).toMatchObject({ status: 'completed', elsewhere: place })
  expect(inBucket(backup.id)).toEqual(['auth-00001', 'manifest.json'])
  await rm(join(dir, backup.id), { recursive: true })
  expect((await verify(backup.id)).body).toMatchObject({ status: 'completed' })
  const restored = await it.send(api.restoreBackup,
    { ...await as(), params: { id: backup.id }, body: {} })
  expect(restored.body.restored_at).not.toBeNull()
}, 60_000)

test('catchUpElsewhere: one that the bucket missed is red, also when it is checked, until the bucket has it', async () => {
  bucket.fail(for_long)
  const backup = await made()
  expect(backup).toMatchObject({ status: 'failed', elsewhere: null })
  expect(backup.error).toContain(`It is not in ${place}`)
  await it.eventually(async () => heard.some(one => one.backup_id === backup.id), 'the alert')

  const checked = await verify(backup.id)
  expect(checked.problem.type).toBe(api.notElsewhere.type)
  expect((await get(backup.id)).status).toBe('failed')
  expect(inBucket(backup.id)).toEqual([])

  bucket.fail(0)
  await it.eventually(async () => {
    await catchUpElsewhere(ctx)
    return inBucket(backup.id).length === 2
  }, 'the bucket to have it')
  expect(await get(backup.id)).toMatchObject({ status: 'completed', error: null, elsewhere: place })
}, 60_000)

test('verifyBackup: puts into the bucket what is missing there', async () => {
  const backup = await made()
  bucket.objects.delete(`shop/${backup.id}/manifest.json`)
  expect((await verify(backup.id)).status).toBe(200)
  expect(inBucket(backup.id)).toEqual(['auth-00001', 'manifest.json'])
})

test('removeOutdated: what is too many is gone from both, and so is what a killed command left', async () => {
  const left = firstIdAt(Date.now() - 48 * 3_600_000)
  const { store, elsewhere } = copiesOf(ctx.settings)
  for (const one of [store, elsewhere!]) await one.write(`${left}/auth-00001`, Buffer.from('half'))
  const young = uuidv7()
  await store.write(`${young}/auth-00001`, Buffer.from('half'))
  const [first, second, third] = [await made(), await made(), await made()]
  expect(inBucket(first.id)).toEqual([])
  expect([inBucket(second.id), inBucket(third.id)].map(files => files.length)).toEqual([2, 2])
  expect(inBucket(left)).toEqual([])
  const folders = (await readdir(dir)).filter(name => name !== 'endings')
  expect(folders.sort()).toEqual([young, second.id, third.id].sort())
}, 60_000)

test('createEndingsMirror: sends what it was told of and what another left, and lists both only once', async () => {
  const { store, elsewhere, keys } = copiesOf(ctx.settings)
  const ending = () => [{ what: 'ticket' as const, who: uuidv7(), at: new Date().toISOString() }]
  const before = await writeEndings(store, keys[0]!, ending())
  bucket.fail(for_long)
  const mirror = createEndingsMirror(store, elsewhere)
  await expect(mirror.send()).rejects.toThrow('answered 503')
  bucket.fail(0)
  const after = await writeEndings(store, keys[0]!, ending())
  mirror.add(after)
  await mirror.send()
  expect(await elsewhere!.names('endings')).toEqual(expect.arrayContaining([before, after]))
  bucket.asked.length = 0
  await mirror.send()
  expect(bucket.asked).toEqual([])
}, 60_000)

test('forgetEndings: what is older than every copy goes, and a restore is told from when on it is known', async () => {
  const { store, keys } = copiesOf(ctx.settings)
  await store.write(`endings/${firstIdAt(Date.now() - 3_600_000)}.json`, Buffer.from('{}'))
  const now = new Date().toISOString()
  const name = await writeEndings(store, keys[0]!, [{ what: 'ticket', who: uuidv7(), at: now }])
  await forgetEndings(store, now)
  const names = await store.names('endings')
  expect(names).toContain(name)
  expect(names.filter(one => one < firstIdAt(Date.now() - 1_800_000))).toEqual([])
  const { known_since, unread } = await readEndings([store], keys, now)
  expect(known_since! < now).toBe(true)
  expect(unread).toEqual([])
})
