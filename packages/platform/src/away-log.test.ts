import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineRoute } from '@fermata/contracts/define'
import { startDatabaseGate } from '@fermata/testkit/database-gate'
import { createTestDatabase } from '@fermata/testkit/postgres'
import { eventually, startTestSystem } from '@fermata/testkit/start'
import { Type } from 'typebox'
import { afterAll, expect, test } from 'vitest'
import { every } from './jobs.ts'
import { defineService, route, type Context } from './service.ts'

/** What stands in the logs of a process whose database is away. */

const look = defineRoute({
  method: 'GET', path: '/api/users/look', access: 'public', summary: 'Look',
  reply: { 200: Type.Object({}) }, problems: [],
})
const busy = async (ctx: Context) => { await ctx.pool.query('select 1') }
const users = defineService<Context>({
  name: 'users',
  routes: [route(look, async function lookAtUsers (ctx: Context) {
    await busy(ctx)
    return {}
  })],
  timers: [every(20, busy), every(20, async function other (ctx: Context) { await busy(ctx) })],
})

const folder = await mkdtemp(join(tmpdir(), 'fermata-away-'))
afterAll(() => rm(folder, { recursive: true }))

interface Line { level: number, time: string, left_out?: number, msg: string }
async function linesIn (): Promise<Line[]> {
  const texts = await Promise.all((await readdir(folder)).map(name =>
    readFile(join(folder, name), 'utf8')))
  return texts.flatMap(text => text.trim().split('\n').filter(Boolean))
    .map(line => JSON.parse(line) as Line)
}

test('log: while the database is away there is one line a second, with the number of the others', async () => {
  const database = await createTestDatabase()
  const gate = await startDatabaseGate(database.url)
  const it = await startTestSystem([users],
    { LOG_LEVEL: 'warn', LOG_STDOUT_LEVEL: 'fatal', FERMATA_LOG_DIR: folder }, gate.url)
  try {
    await gate.close()
    for (let n = 0; n < 100; n++) {
      const answer = await it.send(look)
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '2'])
      await sleep(20)
    }
    await gate.open()
    await eventually(async () => (await it.send(look)).status === 200, 'the database to be back')
    await eventually(async () => (await linesIn()).some(({ left_out }) => left_out), 'a count')

    const lines = (await linesIn()).filter(({ level }) => level >= 40)
    // Of libraries some do not say why they failed, each once.
    const own = lines.filter(({ left_out }) => left_out !== undefined)
    const told_at = own.map(({ time }) => Date.parse(time)).sort((a, b) => a - b)
    const pauses = told_at.slice(1).map((at, index) => at - told_at[index]!)
    expect(pauses.filter(pause_ms => pause_ms < 900)).toEqual([])
    expect(lines.length).toBeLessThan(own.length + 10)
    const left_out = lines.reduce((sum, line) => sum + (line.left_out ?? 0), 0)
    expect(left_out).toBeGreaterThan(100)
  } finally {
    await it.stop()
    await gate.close()
    await database.drop()
  }
}, 60_000)
