import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineRoute } from '@fermata/contracts/define'
import { malformed } from '@fermata/contracts/problems'
import { eventually, startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLog, type Log } from './log.ts'
import { Problem } from './problem.ts'
import { defineService, route, type Context, type Request } from './service.ts'

/** What stands in the log after real requests, and what must never stand there. */

const canary = {
  email: 'canary@example.com', password: 'correct horse battery', name: 'Canary Bird'
}
const signUp = defineRoute({
  method: 'POST', path: '/api/users/{place}', access: 'public', summary: 'Sign up',
  params: Type.Object({ place: Type.String() }),
  body: Type.Object({ email: Type.String(), password: Type.String(), name: Type.String() }),
  reply: { 201: Type.Object({}) }, problems: [],
})
const users = defineService<Context>({
  name: 'users',
  routes: [route(signUp, async function addPerson (ctx: Context, request: Request<typeof signUp>) {
    const { body, id } = request
    ctx.log.info(
      {
        request_id: id, body, list: [{ deep: { er: { buyer: body } } }], buyer_name: body.name,
        note: `for ${body.email}`
      },
      `adding ${body.email}`
    )
    await ctx.pool.query('insert into users.people values ($1, $2)', [body.email, body.name])
    return {}
  })],
  async start (ctx) {
    await ctx.pool.query('create table users.people (email text primary key, name text)')
    return {}
  },
})

let folder: string
let it: TestSystem
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fermata-log-'))
  it = await startTestSystem(
    [users], { LOG_LEVEL: 'debug', LOG_STDOUT_LEVEL: 'fatal', FERMATA_LOG_DIR: folder }
  )
})
afterAll(async () => {
  await it.stop()
  await rm(folder, { recursive: true })
})

const textOf = async (service: string) => {
  try {
    return await readFile(join(folder, `${service}.log`), 'utf8')
  } catch {
    return ''
  }
}
const linesOf = (text: string) =>
  text.trim().split('\n').filter(Boolean).map(line => JSON.parse(line) as Record<string, unknown>)
/** Both logs, once `service`'s has a line with these words. */
const after = async (service: string, words: string) => {
  await eventually(async () => (await textOf(service)).includes(words), words)
  return await textOf('users') + await textOf('http')
}

test('request: writes one line that names operation, caller and outcome', async () => {
  const token = await it.personToken({ user_id: '0199aa00-0000-7000-8000-000000000001' })
  const body = { ...canary, email: 'first@example.com' }
  await it.send(
    signUp,
    { params: { place: 'paris' }, body, token, headers: { 'x-request-id': 'line-of-first' } }
  )
  const text = await after('users', '"msg":"request"')

  const lines = linesOf(text).filter(
    line => line.request_id === 'line-of-first' && line.msg === 'request'
  )
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({ service: 'users', operation: 'addPerson', method: 'POST',
    path: '/api/users/{place}', status: 201,
    caller: '0199aa00-0000-7000-8000-000000000001' })
  expect(lines[0]!.duration_ms).toBeTypeOf('number')
  expect(text).not.toContain('paris')
})

test('redaction: no secret gets into a log, whoever logs it and however deep', async () => {
  const token = await it.personToken({ email: canary.email })
  const order_token = it.orderToken('0199aa00-0000-7000-8000-000000000002')
  const headers = { 'x-request-id': 'canary-flight', cookie: `fermata_access=${token}` }
  await it.send(signUp, { params: { place: 'x' }, body: canary, token, headers })
  // The second time breaks a key: PostgreSQL quotes the row in its error.
  const failed = await it.send(signUp, { params: { place: 'x' }, body: canary, token, headers })
  it.context('users').log.error({ err: new Error(
    `no answer for ${canary.email} with ${token} and ${order_token}`
  ), headers, access_token: token,
    url: `postgres://fermata:${canary.password.replaceAll(' ', '')}@db/fermata` }, 'canary end')
  const text = await after('users', 'canary end') + await after('http', 'request failed')

  expect(failed.status).toBe(500)
  expect(text).toContain('duplicate key value')
  for (
    const secret of [
      canary.email, canary.password, canary.password.replaceAll(' ', ''), canary.name, token,
      order_token
    ]
  ) {
    expect(text).not.toContain(secret)
  }
  expect(() => linesOf(text)).not.toThrow()
})

test('redaction: an address keeps its path and loses its token', async () => {
  it.context('users').log.warn(
    { referer: 'https://a.example/reset-password?lang=fr&token=AbC-123_x#top' }, 'link canary')
  const text = await after('users', 'link canary')
  expect(text).toContain('/reset-password?lang=fr&token=[redacted]#top')
})

test('a refusal: is logged without a stack, whoever logs it', async () => {
  const fastify = Object.assign(new Error('no JSON'), { statusCode: 400 })
  it.context('users').log.warn({ err: new Problem(malformed), also: fastify }, 'refusal canary')
  const [line] = linesOf(await after('users', 'refusal canary'))
    .filter(line => line.msg === 'refusal canary')
  expect(line!.err).toMatchObject({ type: 'Problem', message: malformed.title })
  expect(JSON.stringify(line)).not.toContain('"stack"')
})

test('a bug: is logged with its stack and the id of the request', async () => {
  const lines = linesOf(
    await after('http', 'request failed')
  ).filter(line => line.msg === 'request failed')

  expect(lines.at(-1)).toMatchObject({ request_id: 'canary-flight', level: 50 })
  expect(lines.at(-1)!.err).toMatchObject({
    type: 'DatabaseError', code: '23505', stack: expect.stringContaining('log.test.ts') as string
  })
})

test('createLog: what refers to itself or cannot be shown does not stop the line', async () => {
  const log: Log = createLog('odd', { level: 'info', stdout_level: 'fatal', folder })
  const loop: Record<string, unknown> = { at: new Date(0), none: null, bytes: Buffer.from('x') }
  loop.self = loop
  log.info({ loop, cause: new Error('outer', { cause: new Error(canary.email) }) }, 'odd end')
  await eventually(async () => (await textOf('odd')).includes('odd end'))

  const [line] = linesOf(await textOf('odd'))
  expect(line).toMatchObject({ loop: { at: '1970-01-01T00:00:00.000Z', none: null } })
  expect(JSON.stringify(line)).not.toContain(canary.email)
})

test('metrics: have no label that callers can make up', async () => {
  for (const place of ['a', 'b', 'c']) await it.send(
    signUp, { params: { place }, body: { ...canary, email: `${place}@example.com` } }
  )
  await it.send(signUp, { params: { place: 'x' }, body: { wrong: true } })
  await it.system.app.inject({ method: 'GET', url: '/made/up/by/me' })
  const text = await it.system.metrics.registry.metrics()

  expect(text).toContain(
    'fermata_http_request_duration_seconds_bucket'
    + '{le="0.3",service="users",operation="addPerson",status="201"}'
  )
  expect(text).toContain('fermata_outbox_waiting{service="users"} 0')
  expect(text).toContain('fermata_dead_letters{service="users"} 0')
  const labels = [
    ...text.matchAll(/^fermata_http_request_duration_seconds_count\{(.*)\}/gm)
  ].map(match => match[1])
  expect(labels).toEqual(
    expect.arrayContaining(['service="users",operation="addPerson",status="400"'])
  )
  expect(new Set(labels).size).toBe(labels.length)
  expect(text).not.toMatch(/made|\/api\/|place=/)
})
