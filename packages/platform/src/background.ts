import type pg from 'pg'
import type { EventBus } from './bus.ts'
import { createPool } from './database.ts'
import {
  cron, startJobRunner, startReleasing, startTimers, toWorkerLogger, type JobSource,
} from './jobs.ts'
import { addressOfJobs } from './lesser-roles.ts'
import type { Log } from './log.ts'
import { countWaiting, deleteOldMessages } from './message-queries.ts'
import type { HttpMetrics } from './metrics.ts'
import { findErasedUsers, forgetErasures } from './personal-data-queries.ts'
import { eraseRowsOf, type PersonalDataMap } from './personal-data.ts'
import { startRelay, type Relay } from './relay.ts'
import { remember } from './remember.ts'
import type { Context, ServiceDefinition } from './service.ts'

/** A service as this process runs it. */
export interface Running {
  definition: ServiceDefinition
  ctx: Context
  attachRelay: (relay: Relay) => void
  log: Log
  pool: pg.Pool
  /** Of the role that owns the database; requests are served by a lesser one. */
  owner_url: string
}

export interface BackgroundOptions {
  bus: EventBus
  metrics: HttpMetrics
  deliver_events: boolean
  sole_process: boolean
}

/**
 * Starts relays, jobs, timers and gauges; the function it returns ends them and waits for what is
 * at work.
 */
export async function startBackground (
  running: Running[], { bus, metrics, deliver_events, sole_process }: BackgroundOptions
): Promise<() => Promise<void>> {
  const relays = running.flatMap(({ definition, ctx, log, attachRelay }) => {
    addGauges(metrics, ctx)
    if (!deliver_events) return []
    const relay = startRelay({ service: definition.name, bus, transaction: ctx.transaction, log })
    attachRelay(relay)
    return [relay]
  })
  bus.start()
  const stopRunners = await startRunners(running, sole_process)
  const stopTimers = running.map(
    ({ definition, ctx, log }) => startTimers(definition.timers ?? [], ctx, log)
  )
  return async () => {
    await Promise.all(stopTimers.map(stop => stop()))
    await Promise.all(stopRunners.map(stop => stop()))
    await bus.stopConsuming()
    await Promise.all(relays.map(relay => relay.stop()))
    await bus.close()
  }
}

function addGauges (metrics: HttpMetrics, { db, service }: Context): void {
  // Both are read for each answer that has one of them.
  const waiting = remember(500, () => countWaiting(db, service))
  metrics.gauge('fermata_outbox_waiting', 'Events not yet delivered', { service },
    async () => (await waiting()).outbox)
  metrics.gauge('fermata_dead_letters', 'Events and mails given up', { service },
    async () => (await waiting()).dead_letters)
}

const removeOldMessages = async (ctx: Context) => {
  await deleteOldMessages(ctx.db, ctx.service)
  await forgetErasures(ctx.db, ctx.service)
}

/** What was written while its account ended, a moment too late to be found, goes as well. */
const eraseAgain = (map: PersonalDataMap) => async (ctx: Context) => {
  const user_ids = await findErasedUsers(ctx.db, ctx.service)
  if (user_ids.length > 0) {
    await ctx.transaction(tx => eraseRowsOf(tx, ctx.service, map, user_ids))
  }
}

/** One runner for each database, not for each service: ten would poll and listen ten times. */
function startRunners (
  running: Running[], sole_process: boolean
): Promise<(() => Promise<void>)[]> {
  const byDatabase = Map.groupBy(running, ({ owner_url }) => owner_url)
  return Promise.all([...byDatabase].map(async ([owner_url, group]) => {
    const sources: JobSource[] = group.map(({ definition, ctx, log }) => ({
      service: definition.name, ctx, log, tracing: ctx.tracing,
      jobs: [
        ...definition.jobs ?? [],
        cron('remove-old-messages', '23 * * * *', removeOldMessages),
        ...definition.personal_data
          ? [cron('erase-again', '*/5 * * * *', eraseAgain(definition.personal_data))]
          : [],
      ] }))
    const log = group[0]!.log
    const url = await addressOfJobs(owner_url, toWorkerLogger(log))
    const pool = createPool({ url, max_connections: 6, application_name: 'fermata-jobs' })
    const stopRunner = await startJobRunner(pool, sources, log, sole_process)
    const stopReleasing = startReleasing(pool, log)
    return async () => {
      await stopReleasing()
      await stopRunner()
      await pool.end()
    }
  }))
}
