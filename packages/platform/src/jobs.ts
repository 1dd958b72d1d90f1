import {
  Logger, parseCronItems, run, type CronItem, type Logger as WorkerLogger, type Runner,
  type TaskList,
} from 'graphile-worker'
import type pg from 'pg'
import type { Tx } from './database.ts'
import type { Log } from './log.ts'
import { sql } from './sql.ts'
import type { Tracing } from './tracing.ts'

/**
 * Work that may take its time or fail and be repeated: a mail, a provider's answer, a copy of the
 * data.
 */
export interface Job<C, P = unknown> {
  name: string
  run: (ctx: C, payload: P) => Promise<void>
  /**
   * When it also runs by the clock: five fields of crontab, UTC; or how to tell from the settings.
   */
  schedule?: string | ((ctx: C) => string)
}

/**
 * A job by name; `ctx.addJob(tx, name, payload)` queues it in the transaction that wants it done.
 */
export const job = <C, P>(name: string, work: (ctx: C, payload: P) => Promise<void>): Job<C, P> =>
  ({ name, run: work })

/** A job that also runs by the clock, e.g. `cron('remove-old', '0 4 * * *', removeOld)`. */
export const cron = <C, P>(
  name: string, schedule: string | ((ctx: C) => string), work: (ctx: C, payload: P) => Promise<void>
): Job<C, P> => ({ name, run: work, schedule })

/**
 * Work done again and again in this process, as long as it runs; every replica may do it at once.
 */
export interface Timer<C> {
  name: string
  interval_ms: number
  run: (ctx: C) => Promise<void>
  /** Ends its pauses early. */
  alarmOf?: (ctx: C) => Alarm
}

export const every = <C>(
  interval_ms: number, work: (ctx: C) => Promise<void>, alarmOf?: (ctx: C) => Alarm
): Timer<C> => ({ name: work.name, interval_ms, run: work, alarmOf })

/** Tells a timer that there is work. What it is told while it works counts for the next pause. */
export interface Alarm {
  wake: () => void
  is_woken: boolean
  /** While it does, a pause is as long as without an alarm. */
  rests: boolean
  ring: () => void
}

export function createAlarm (): Alarm {
  const alarm = {
    is_woken: false, rests: false, ring () {},
    wake () {
      alarm.is_woken = true
      if (!alarm.rests) alarm.ring()
    },
  }
  return alarm
}

/** Who is woken takes a moment, in which more may come: one round does for all of it. */
const after_wake_ms = 10

export interface JobOptions {
  /** Not before then. */
  run_at?: Date
  /** A job of the same key that has not started is replaced. */
  key?: string
  /** Tries in all, with growing pauses of e^n seconds; the default of 10 is about six hours. */
  max_attempts?: number
}

/**
 * The schema of graphile-worker, shared by the services of one database; task names begin with the
 * service's.
 */
export const jobs_schema = 'graphile_worker'

export const insertJob = (
  tx: Tx, service: string, name: string, payload: unknown, options: JobOptions
) => sql`
  select from ${sql.id(service, 'add_job')}(${`${service}.${name}`},
    ${JSON.stringify(payload)}::json, ${options.run_at?.toISOString() ?? null}::timestamptz,
    ${options.max_attempts ?? 10}::integer, ${options.key ?? null})`.run(tx)

/** No job of ours takes a minute; whoever holds one for this long was killed. */
const forgotten_after = '5 minutes'
const look_for_forgotten_ms = 60_000

/**
 * A killed worker's jobs stay locked for four hours, in which no mail would leave.
 * @param older_than a PostgreSQL interval
 */
const releaseJobs = (pool: pg.Pool, older_than: string) => sql`
  select graphile_worker.force_unlock_workers(array(
    select locked_by from graphile_worker._private_jobs
     where locked_by is not null and locked_at <= now() - ${older_than}::interval
    union select locked_by from graphile_worker._private_job_queues
     where locked_by is not null and locked_at <= now() - ${older_than}::interval))`.run(pool)

/** Releases what killed processes left, again and again; the function it returns ends that. */
export const startReleasing = (pool: pg.Pool, log: Log) => startTimers(
  [every(look_for_forgotten_ms, async function releaseForgottenJobs () {
    await releaseJobs(pool, forgotten_after)
  })], null, log)

export interface JobSource {
  service: string, jobs: Job<any>[], ctx: unknown, log: Log, tracing: Tracing
}

/**
 * Runs the jobs of all services that share a database, whose tables exist.
 * @param sole_process nobody else runs jobs there, so whatever is locked was left by a killed
 * process
 * @returns ends that, when those at work are done
 */
export async function startJobRunner (
  pool: pg.Pool, sources: JobSource[], log: Log, sole_process = false
): Promise<() => Promise<void>> {
  const taskList: TaskList = {}
  const cronItems: CronItem[] = []
  for (const { service, jobs, ctx, log: service_log, tracing } of sources) {
    for (const { name, run: work, schedule } of jobs) {
      const task = `${service}.${name}`
      const traced = { service, name: `job ${name}`, kind: 'internal' as const }
      taskList[task] = async (payload, helpers) => {
        const started = performance.now()
        await tracing.root(traced, () => work(ctx, payload))
        service_log.info(
          {
            job: task, attempt: helpers.job.attempts,
            duration_ms: Math.round(performance.now() - started)
          },
          'job'
        )
      }
      const match = typeof schedule === 'function' ? schedule(ctx) : schedule
      if (match) cronItems.push(
        { task, match, identifier: task, options: { backfillPeriod: 0, maxAttempts: 3 } }
      )
    }
  }
  if (sole_process) await releaseJobs(pool, '0 seconds')
  const begin = () => run({
    pgPool: pool, schema: jobs_schema, taskList,
    parsedCronItems: parseCronItems(cronItems), concurrency: 4,
    pollInterval: 1000,
    noHandleSignals: true, logger: toWorkerLogger(log),
    // One by one it would not wait for what it says of a job, and a failure of that would be
    // nobody's: the process would end.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  })
  return keepRunning(begin, log)
}

const begin_again_after_ms = 1000

/**
 * A runner gives up, with all its jobs, when it cannot say how one of them ended: the database was
 * away for a moment, or late. Whatever it had locked is released like that of a killed one.
 * @returns ends it
 */
async function keepRunning (
  begin: () => Promise<Runner>, log: Log
): Promise<() => Promise<void>> {
  const stop = new AbortController()
  let runner = await begin()
  const watching = (async () => {
    while (!stop.signal.aborted) {
      // Why it ended it has told its log.
      await runner.promise.catch(() => undefined)
      await sleepUntil(begin_again_after_ms, stop.signal)
      if (stop.signal.aborted) return
      try {
        runner = await begin()
        log.warn('jobs had ended, and have begun again')
      } catch (error) {
        log.warn({ err: error }, 'jobs ended, and cannot begin again yet')
      }
      // The end came while this one began, and has asked the one before.
      if (stop.signal.aborted) await runner.stop().catch(() => undefined)
    }
  })()
  return async () => {
    stop.abort()
    try {
      await runner.stop()
    } catch (error) {
      // Its jobs are rows: whoever starts next goes on with them.
      log.warn({ err: error }, 'jobs did not end in order')
    }
    await watching
  }
}

/** Its own lines are for debugging; a failing job is worth a warning. */
export function toWorkerLogger (log: Log): WorkerLogger {
  return new Logger(() => (level, message, meta) => {
    const err = Object.values(meta ?? {}).find(value => value instanceof Error)
    if (level === 'error') log.warn({ worker: meta, err }, message)
    else log.debug(message)
  })
}

/** Starts the timers; the function it returns stops them and waits for those at work. */
export function startTimers<C> (timers: Timer<C>[], ctx: C, log: Log): () => Promise<void> {
  const stop = new AbortController()
  const loops = timers.map(async timer => {
    while (!stop.signal.aborted) {
      try {
        await timer.run(ctx)
      } catch (error) {
        if (!stop.signal.aborted) log.warn(
          { err: error, timer: timer.name }, 'timer will try again'
        )
      }
      const alarm = timer.alarmOf?.(ctx)
      await sleepUntil(timer.interval_ms, stop.signal, alarm)
      if (!alarm?.is_woken) continue
      await sleepUntil(after_wake_ms, stop.signal)
      alarm.is_woken = false
    }
  })
  return async () => {
    stop.abort()
    await Promise.all(loops)
  }
}

function sleepUntil (ms: number, signal: AbortSignal, alarm?: Alarm): Promise<void> {
  // One that is over tells nobody any more.
  if (signal.aborted || (alarm?.is_woken && !alarm.rests)) return Promise.resolve()
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
    if (alarm) alarm.ring = done
  })
}
