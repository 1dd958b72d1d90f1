import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { allServices } from '@fermata/server/services'
import { createTestNats, type TestNats } from '@fermata/testkit/nats-server'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { giveTokens } from '../security/given-tokens.ts'

/** S36, where a message server carries the events: what it stores opens nothing either. */

let nats: TestNats
let it: TestSystem
let folder: string

beforeAll(async () => {
  nats = await createTestNats()
  await nats.start()
  folder = await mkdtemp(join(tmpdir(), 'fermata-at-rest-'))
  it = await startTestSystem(Object.values(allServices),
    { NATS_URL: nats.url, BACKUP_DIR: join(folder, 'backups') })
})
afterAll(async () => {
  await it?.stop()
  await nats.remove()
  await rm(folder, { recursive: true, force: true })
})

test('S36: no token that a person was given can be read in the store of the message server', async () => {
  const tokens = await giveTokens(it, [nats.store])
  expect(await tokens.find()).toEqual([])
  const stored = Object.entries(await tokens.places())
    .filter(([place]) => place.startsWith(nats.store)).map(([, bytes]) => bytes).join('')
  // The events themselves are there, so a token in one would have been found.
  expect(stored).toContain(tokens.address)
}, 120_000)
