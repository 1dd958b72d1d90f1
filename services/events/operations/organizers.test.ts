import { credentialsDeleted, userRegistered } from '@fermata/contracts/auth'
import * as api from '@fermata/contracts/events'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { eventInput } from '../test/event-input.ts'
import { createPeers } from '../test/peers.ts'

// create-organizer, get-organizer, list-organizers and forget-people.

let it: TestSystem
let ctx: Ctx

beforeAll(async () => {
  it = await startTestSystem([service, ...createPeers().services])
  ctx = it.context<Ctx>('events')
})
afterAll(() => it.stop())

const creatorToken = (user_id = uuidv7()) => it.personToken({ user_id, roles: ['event_creator'] })
const now = () => new Date().toISOString()

async function organizer (token: string, name = 'Town choir'): Promise<api.Organizer> {
  const answer = await it.send(api.createOrganizer, { token, body: { name } })
  expect(answer.status, JSON.stringify(answer.problem)).toBe(201)
  return answer.body
}

const register = (user_id: string, username: string) =>
  ctx.transaction(tx => ctx.publish(tx, userRegistered, [{
  user_id, username, email: `${user_id}@example.com`, locale: 'en', roles: ['user'], registered_at: now(),
    email_verified: true,
}]))
const erase = (user_id: string) => ctx.transaction(tx => ctx.publish(tx, credentialsDeleted, [{
  user_id, email: `${user_id}@example.com`, deleted_at: now(),
}]))

test('createOrganizer: its maker is a member, and their events belong to it', async () => {
  const token = await creatorToken()
  const made = await organizer(token, '  Town   choir ')
  expect(made.name).toBe('Town choir')
  await organizer(token, 'Second one')
  const event = await it.send(api.createEvent, { token, body: eventInput() })
  expect(event.body).toMatchObject({ organizer_id: made.id, organizer_name: 'Town choir' })
  const members = await it.send(api.listMembers, { token, params: { id: made.id } })
  expect(members.body.items).toHaveLength(1)
})

test('createOrganizer: refuses a blank name, other roles, and repeats an answer for its key', async () => {
  const token = await creatorToken()
  expect((await it.send(api.createOrganizer, { token, body: { name: ' ' } })).status).toBe(400)
  expect((await it.send(api.createOrganizer,
    { token: await it.personToken(), body: { name: 'Mine' } })).status).toBe(403)
  expect((await it.send(api.createOrganizer, { body: { name: 'Mine' } })).status).toBe(401)
  const twice = await Promise.all([1,
    2].map(() => it.send(api.createOrganizer, { token, key: 'organizer-1', body: { name: 'Once' } })))
  expect(twice[0]!.body).toEqual(twice[1]!.body)
})

test('getOrganizer: anyone may read its name, and only that', async () => {
  const made = await organizer(await creatorToken())
  expect((await it.send(api.getOrganizer, { params: { id: made.id } })).body).toEqual(made)
  expect((await it.send(api.getOrganizer, { params: { id: uuidv7() } })).status).toBe(404)
})

test('listOrganizers: pages through one’s own', async () => {
  const token = await creatorToken()
  const made = [await organizer(token, 'A'), await organizer(token, 'B'), await organizer(token, 'C')]
  await organizer(await creatorToken(), 'Elsewhere')
  const first = await it.send(api.listOrganizers, { token, query: { limit: 2 } })
  const second = await it.send(api.listOrganizers,
    { token, query: { limit: 2, cursor: first.body.next_cursor! } })
  expect([...first.body.items, ...second.body.items]).toEqual(made)
  expect(second.body.next_cursor).toBeNull()
  expect((await it.send(api.listOrganizers)).status).toBe(401)
})

test('rememberPeople: an organiser made on first use is called like its person', async () => {
  const user_id = uuidv7()
  await register(user_id, 'Ann Example')
  const known = () => ctx.db.selectFrom('events.people').select('name').where('user_id', '=', user_id).executeTakeFirst()
  await it.eventually(known, 'the name')
  const event = await it.send(api.createEvent,
    { token: await creatorToken(user_id), body: eventInput() })
  expect(event.body.organizer_name).toBe('Ann Example')
})

test('forgetPeople: an erased person is a member of nothing, even when the news come in the wrong order', async () => {
  const user_id = uuidv7()
  const token = await creatorToken(user_id)
  const { id } = await organizer(token)
  await erase(user_id)
  await it.eventually(async () =>
    (await it.send(api.listMembers, { token, params: { id } })).status === 404, 'the membership gone')

  await register(user_id, 'Late News')
  const marker = uuidv7()
  await register(marker, 'Marker')
  await it.eventually(async () =>
    (await ctx.db.selectFrom('events.people').select('name').where('user_id', '=', marker).execute())[0], 'the marker')
  const row = await ctx.db.selectFrom('events.people').select('name').where('user_id', '=', user_id).executeTakeFirst()
  expect(row).toEqual({ name: null })
})
