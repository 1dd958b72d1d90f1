import { createTestDatabase } from '@fermata/testkit/postgres'
import { startTestSystem, testSecrets, type TestSystem } from '@fermata/testkit/start'
import { parseCronItems } from 'graphile-worker'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAlarm, cron, every, job, startReleasing, startTimers } from './jobs.ts'
import { createLog } from './log.ts'
import { defineService, type Context } from './service.ts'
import { startSystem } from './system.ts'

const done: string[] = []
let failures = 0

async function mail (_: Context, { to }: { to: string }): Promise<void> {
  if (failures > 0) {
    failures--
    throw new Error('the mail server is away')
  }
  done.push(to)
}

const service = defineService<Context>({
  name: 'notifications', routes: [], jobs: [job('mail', mail)]
})
let it: TestSystem
let ctx: Context

beforeAll(async () => {
  it = await startTestSystem([service], { LOG_LEVEL: 'fatal' })
  ctx = it.context('notifications')
})
afterAll(() => it.stop())

const waiting = async () =>
  (await ctx.pool.query('select last_error, key, run_at from graphile_worker.jobs')).rows
const add = (to: string, options = {}) =>
  ctx.transaction(tx => ctx.addJob(tx, 'mail', { to }, options))

test('addJob: the job runs once its transaction has committed, and not before', async () => {
  await ctx.transaction(async tx => {
    await ctx.addJob(tx, 'mail', { to: 'committed' })
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(done).not.toContain('committed')
  })
  await it.eventually(async () => done.includes('committed'))

  expect(done.filter(to => to === 'committed')).toHaveLength(1)
})

test('addJob: what a rolled back transaction queued never runs', async () => {
  await expect(ctx.transaction(async tx => {
    await ctx.addJob(tx, 'mail', { to: 'rolled back' })
    throw new Error('no')
  })).rejects.toThrow('no')
  await add('after it')
  await it.eventually(async () => done.includes('after it'))

  expect(done).not.toContain('rolled back')
})

test('addJob: a failing job is tried again after a pause', async () => {
  failures = 1
  await add('second try')
  const [row] = await it.eventually(
    async () => (await waiting()).some(one => one.last_error !== null) && waiting()
  )
  expect(Date.parse(row!.run_at as string)).toBeGreaterThan(Date.now())

  await ctx.pool.query('update graphile_worker._private_jobs set run_at = now()')
  await it.eventually(async () => done.includes('second try'))
})

test('addJob: a job of the same key replaces the one that has not started', async () => {
  const run_at = new Date(Date.now() + 60_000)
  await add('first', { key: 'reminder', run_at })
  await add('second', { key: 'reminder', run_at })
  expect((await waiting()).filter(one => one.key === 'reminder')).toHaveLength(1)

  await ctx.pool.query('update graphile_worker._private_jobs set run_at = now()')
  await add('wake the worker')
  await it.eventually(async () => done.includes('second'))
  expect(done).not.toContain('first')
})

test('cron: five fields of crontab are understood, and nothing else', () => {
  const item = cron('tidy', '23 4 * * *', async () => {})
  expect(parseCronItems([{ task: item.name, match: item.schedule as string }])).toHaveLength(1)
  expect(() => parseCronItems([{ task: 'x', match: 'daily' }])).toThrow('daily')
})

test('jobs: what a killed process of many left locked is released after five minutes', async () => {
  await add('forgotten', { run_at: new Date(Date.now() + 3_600_000) })
  await add('at work', { run_at: new Date(Date.now() + 3_600_000) })
  await ctx.pool.query(`
    update graphile_worker._private_jobs set run_at = now(), locked_by = payload->>'to',
           locked_at = now() - case payload->>'to' when 'forgotten' then interval '6 minutes'
                                                   else interval '1 minute' end`)

  const stop = startReleasing(ctx.pool, ctx.log)
  await it.eventually(async () => done.includes('forgotten'))
  await stop()

  expect(done).not.toContain('at work')
  await ctx.pool.query('delete from graphile_worker._private_jobs')
})

test('jobs: go on after a moment in which the database could not be told how one ended', async () => {
  const pool = it.system.contexts.get('notifications')!.pool
  await pool.query(`
    create function public.fail() returns trigger language plpgsql as
      'begin raise exception ''not now''; end';
    create trigger fail before update on graphile_worker._private_jobs
      for each row when (new.last_error is not null) execute function public.fail()`)
  failures = 1
  await add('untold')
  const isLocked = async () => (await pool.query(
    'select from graphile_worker._private_jobs where locked_by is not null')).rowCount === 1
  await it.eventually(async () => failures === 0 && isLocked())
  await pool.query('drop function public.fail() cascade')

  await add('after the moment')
  await it.eventually(async () => done.includes('after the moment'))
  expect(done).not.toContain('untold')
  await pool.query('delete from graphile_worker._private_jobs')
})

test('sole_process: what a killed process left locked runs at the next start', async () => {
  const database = await createTestDatabase()
  const environment = { NODE_ENV: 'test', LOG_LEVEL: 'fatal', ...testSecrets() }
  const idle = defineService<Context>({ name: 'notifications', routes: [] })
  const start = (sole_process: boolean, one = service) =>
    startSystem({ services: [one], environment, databaseUrl: () => database.url, sole_process })
  const first = await start(false, idle)
  const db = first.contexts.get('notifications')!
  await db.transaction(tx => db.addJob(tx, 'mail', { to: 'left behind' }))
  await db.pool.query(
    `update graphile_worker._private_jobs
        set locked_at = now(), locked_by = 'killed-worker', attempts = 1`
  )
  await first.stop()

  const shared = await start(false)
  await new Promise(resolve => setTimeout(resolve, 1500))
  await shared.stop()
  expect(done).not.toContain('left behind')

  const sole = await start(true)
  await it.eventually(async () => done.includes('left behind'))
  await sole.stop()
  await database.drop()
})

test('every: an alarm ends the pause, also one that rings while the timer is at work', async () => {
  const alarm = createAlarm()
  let runs = 0
  async function tick (): Promise<void> {
    runs++
    if (runs === 2) alarm.wake()
  }
  const never_ms = 1_000_000
  const stop = startTimers(
    [every(never_ms, tick, () => alarm)], null, createLog('test', { level: 'fatal' }))
  await it.eventually(async () => runs === 1)
  // The control: nobody has rung yet.
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(runs).toBe(1)

  alarm.wake()

  await it.eventually(async () => runs === 3)
  await stop()
})

test('every: while its alarm rests a timer pauses for its interval, however often it is woken', async () => {
  const alarm = createAlarm()
  alarm.rests = true
  let runs = 0
  async function tick (): Promise<void> {
    runs++
    alarm.wake()
  }
  const interval_ms = 300
  const stop = startTimers(
    [every(interval_ms, tick, () => alarm)], null, createLog('test', { level: 'fatal' }))
  const began = performance.now()
  await it.eventually(async () => {
    alarm.wake()
    return runs >= 3
  })
  const needed_ms = performance.now() - began
  await stop()

  expect(needed_ms).toBeGreaterThan(interval_ms * 1.8)
})

test('every: goes on after a failure, and a stop waits for what is at work', async () => {
  let runs = 0
  let at_work = false
  async function tick (): Promise<void> {
    runs++
    if (runs === 1) throw new Error('once')
    at_work = true
    await new Promise(resolve => setTimeout(resolve, 100))
    at_work = false
  }
  const stop = startTimers([every(5, tick)], null, createLog('test', { level: 'fatal' }))
  await it.eventually(async () => at_work)

  await stop()

  expect(at_work).toBe(false)
  const stopped_at = runs
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(runs).toBe(stopped_at)
})
