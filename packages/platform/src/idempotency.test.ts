import { defineProblem, defineRoute, Empty } from '@fermata/contracts/define'
import { Uuid } from '@fermata/contracts/fields'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { uuidv7 } from './ids.ts'
import { Problem } from './problem.ts'
import { defineService, reply, route, type Context, type Request } from './service.ts'

const tooShort = defineProblem('users/too-short', 409, 'Too short')
const write = defineRoute({
  method: 'POST', path: '/api/users/notes', access: 'public', idempotent: true,
  aliases: ['/notes'],
  summary: 'Write a note',
  body: Type.Object({ text: Type.String(), pause_ms: Type.Optional(Type.Integer()) }),
  reply: { 201: Type.Object({ id: Uuid, text: Type.String() }) },
  problems: [tooShort],
})
const tear = defineRoute({
  method: 'POST', path: '/api/users/notes/{id}/tear', access: 'public', idempotent: true,
  summary: 'Tear a note up',
  params: Type.Object({ id: Uuid }),
  reply: { 200: Type.Object({ torn: Type.Boolean() }), 204: Empty }, problems: [],
})

/** What a note has to be before it is taken. */
let shortest = 0

const writeNote = (ctx: Context, request: Request<typeof write>) => ctx.write(request, async tx => {
  const { text, pause_ms = 0 } = request.body
  const note = { id: uuidv7(), text }
  await tx.insertInto('users.notes').values(note).execute()
  if (pause_ms > 0) await ctx.pool.query('select pg_sleep($1)', [pause_ms / 1000])
  if (text.length < shortest) throw new Problem(tooShort)
  return note
})

async function tearNote (ctx: Context, request: Request<typeof tear>) {
  if (request.idempotency) request.idempotency.status = 204
  await ctx.write(request, async tx => {
    await tx.deleteFrom('users.notes').where('id', '=', request.params.id).execute()
    return null
  })
  return reply(null, { status: 204 })
}

const notes = defineService<Context>({
  name: 'users', routes: [route(write, writeNote), route(tear, tearNote)], max_connections: 8,
  async start (ctx) {
    await ctx.pool.query('create table users.notes (id uuid, text text)')
    return {}
  },
})

let it: TestSystem
beforeAll(async () => { it = await startTestSystem([notes], { LOG_LEVEL: 'fatal' }) })
afterAll(() => it.stop())

const count = async (text: string) =>
  (
    await it.context('users').pool.query('select from users.notes where text = $1', [text])
  ).rows.length

test('write: the same key and body give the first answer again, and say so', async () => {
  const first = await it.send(write, { body: { text: 'once' }, key: 'k1' })
  const second = await it.send(write, { body: { text: 'once' }, key: 'k1' })

  expect([first.status, second.status]).toEqual([201, 201])
  expect(second.body).toEqual(first.body)
  expect([
    first.headers['idempotency-replayed'], second.headers['idempotency-replayed']
  ]).toEqual([undefined, 'true'])
  expect(await count('once')).toBe(1)
})

test('write: a key counts for the route, by whichever address it was reached', async () => {
  const payload = { text: 'by many names' }
  for (const url of ['/api/users/notes', '/notes', '/notes/', '/api/users/notes?', '/api/users/notes/']) {
    const answer = await it.system.app.inject(
      { method: 'POST', url, payload, headers: { 'idempotency-key': 'many-names' } })
    expect([url, answer.statusCode]).toEqual([url, 201])
  }
  expect(await count('by many names')).toBe(1)
})

test('write: without a key every request is its own', async () => {
  const answers = [
    await it.send(write, { body: { text: 'free' } }),
    await it.send(write, { body: { text: 'free' } })
  ]

  expect(answers[0]!.body.id).not.toBe(answers[1]!.body.id)
  expect(await count('free')).toBe(2)
})

test('write: another body with the same key is refused, and the first answer stays', async () => {
  const first = await it.send(write, { body: { text: 'mine' }, key: 'k2' })
  const other = await it.send(write, { body: { text: 'other' }, key: 'k2' })

  expect([other.status, other.problem.type]).toEqual([422, '/problems/request/key-reused'])
  expect(await count('other')).toBe(0)
  expect((await it.send(write, { body: { text: 'mine' }, key: 'k2' })).body).toEqual(first.body)
})

test('write: twins that come at once have one effect and the same answer', async () => {
  const body = { text: 'twins', pause_ms: 200 }
  const answers = await Promise.all([1, 2, 3].map(() => it.send(write, { body, key: 'k3' })))

  expect(answers.map(answer => answer.status)).toEqual([201, 201, 201])
  expect(new Set(answers.map(answer => answer.body.id)).size).toBe(1)
  expect(await count('twins')).toBe(1)
})

test('write: of two bodies that come at once with one key, one is refused', async () => {
  const answers = await Promise.all(
    ['left', 'right'].map(text => it.send(write, { body: { text, pause_ms: 200 }, key: 'k4' }))
  )

  expect(answers.map(answer => answer.status).toSorted()).toEqual([201, 422])
  expect(await count('left') + await count('right')).toBe(1)
})

test('write: the same key of another caller, and on another route, is another key', async () => {
  const [ann, ben] = [await it.personToken(), await it.personToken()]
  const answers = []
  for (const token of [ann, ben, undefined]) answers.push(
    await it.send(write, { body: { text: 'shared' }, key: 'k5', token })
  )
  const torn = await it.send(tear, { params: { id: answers[0]!.body.id }, key: 'k5', token: ann })

  expect(answers.map(answer => answer.status)).toEqual([201, 201, 201])
  expect(torn.status).toBe(204)
  expect(await count('shared')).toBe(2)
})

test('write: an answer without a body is repeated as such', async () => {
  const id = uuidv7()
  const answers = [
    await it.send(tear, { params: { id }, key: 'k6' }),
    await it.send(tear, { params: { id }, key: 'k6' })
  ]

  expect(answers.map(answer => [answer.status, answer.bytes.length])).toEqual([[204, 0], [204, 0]])
  expect(answers[1]!.headers['idempotency-replayed']).toBe('true')
})

test.each([
  '', ' ', 'a b', 'é', 'x'.repeat(256), 'tab\there'
])('write: "%s" is no key', async key => {
  const answer = await it.send(
    write, { body: { text: 'bad key' }, headers: { 'idempotency-key': key } }
  )

  expect(answer.status).toBe(400)
  expect(answer.problem.errors).toMatchObject([{ field: 'Idempotency-Key' }])
  expect(await count('bad key')).toBe(0)
})

test('write: an attempt that failed does not use its key up', async () => {
  shortest = 100
  const failed = await it.send(write, { body: { text: 'retry' }, key: 'k7' })
  const unreadable = await it.send(write, { body: { text: 7 }, key: 'k7' })
  shortest = 0
  const passed = await it.send(write, { body: { text: 'retry' }, key: 'k7' })

  expect([failed.status, unreadable.status, passed.status]).toEqual([409, 400, 201])
  expect(await count('retry')).toBe(1)
})
