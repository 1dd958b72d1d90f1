import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@fermata/platform/embedded-postgres/supervisor'
import { startTestSystem, testSecrets } from '@fermata/testkit/start'
import { expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { seedHolds, seedTicketType, sumsOf } from '../test/seed.ts'

/** How late the end of a hold may be seen once the database is there again. */
const at_most_ms = 2000

test('sweepHolds: holds that end while PostgreSQL restarts are free soon after, the running ones stay', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fermata-expiry-'))
  const start = () =>
    startEmbeddedPostgres({ folder, no_sync_initdb: true, settings: { fsync: 'off' } })
  let server = await start()
  // The warnings of a sweep that finds no database are expected here.
  const it = await startTestSystem([service], { ...testSecrets(), LOG_LEVEL: 'fatal' }, server.url)
  try {
    const ctx = it.context<Ctx>('orders')
    const type = await seedTicketType(ctx, { capacity: 2000 })
    await seedHolds(ctx, type, { count: 1500, ended_seconds_ago: -1.5 })
    await seedHolds(ctx, type, { count: 500, ended_seconds_ago: -600 })

    await server.stop()
    server = await start()
    const back_at = performance.now()
    await it.eventually(async () =>
      await sumsOf(ctx, type.id).then(({ held }) => held <= 500, () => false), 'what ended to be free')

    // The restart may be quicker than the last hold.
    expect(performance.now() - back_at).toBeLessThan(1500 + at_most_ms)
    expect(await sumsOf(ctx, type.id)).toMatchObject({ held: 500, tickets: 500 })
  } finally {
    await it.stop()
    await server.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    await rm(server.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}, 60_000)
