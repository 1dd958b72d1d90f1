import { organizerMembersChanged } from '@fermata/contracts/events'
import * as api from '@fermata/contracts/tickets'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { event, issueOne, publisher, seedOrganizer, town_choir_id } from '../test/seed.ts'

// get-door, and who may do what at whose door.

let it: TestSystem
let ctx: Ctx
const circus_id = uuidv7()

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('tickets')
  for (const id of [town_choir_id, circus_id]) await seedOrganizer(ctx, id)
})
afterAll(() => it.stop())

/** Somebody without any role, appointed where the test says. */
async function staff (organizer_id: string, event_id?: string) {
  const user_id = uuidv7()
  await seedOrganizer(ctx, organizer_id,
    [{ user_id, role: 'door', ...event_id && { event_id } }])
  return { user_id, token: await it.personToken({ user_id }) }
}

const door = (token: string, event_id: string) =>
  it.send(api.getDoor, { token, params: { event_id } })
const scan = (token: string, ticket: api.Ticket, event_id = ticket.event_id) => it.send(api.checkIn,
  { token, body: { code: ticket.code, event_id, gate: 'North' } })
const look = (token: string, ticket: api.Ticket, event_id = ticket.event_id) =>
  it.send(api.validateTicket, { token, body: { code: ticket.code, event_id } })

test('getDoor: counts for who works there; for others, operators included, there is no such door', async () => {
  const ticket = await issueOne(it)
  const { token } = await staff(town_choir_id)
  expect((await door(token, ticket.event_id)).body).toMatchObject({ issued: 1, admitted: 0 })
  await scan(token, ticket)
  expect((await door(token, ticket.event_id)).body).toMatchObject({ issued: 1, admitted: 1 })
  expect((await door(token, uuidv7())).status).toBe(404)
  const strangers = [(await staff(circus_id)).token, await it.personToken({ roles: ['operator'] })]
  for (const stranger of strangers) expect((await door(stranger, ticket.event_id)).status).toBe(404)
  expect((await door(await it.personToken(), ticket.event_id)).status).toBe(403)
  expect((await door(await it.personToken({ roles: ['admin'] }), ticket.event_id)).status).toBe(200)
})

test('checkIn, validateTicket, voidTicket, resendTicket: a ticket of another organiser is none', async () => {
  const theirs = await issueOne(it, { event: event({ organizer_id: circus_id }) })
  const mine = await issueOne(it)
  const { token } = await staff(town_choir_id)
  for (const event_id of [theirs.event_id, mine.event_id]) {
    const answers = [await scan(token, theirs, event_id), await look(token, theirs, event_id)]
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 404, problem: { type: api.unknownCode.type } })
    }
  }
  const params = { id: theirs.id }
  expect((await it.send(api.voidTicket, { token, params, body: {} })).status).toBe(404)
  expect((await it.send(api.resendTicket, { token, params })).status).toBe(404)
  expect((await it.send(api.getTicket, { token, params })).status).toBe(404)
  const found = await it.send(api.listTickets, { token, query: { q: theirs.code } })
  expect(found.body.items).toEqual([])
  expect((await scan((await staff(circus_id)).token, theirs)).status).toBe(201)
})

test('checkIn: staff of one event hear that a ticket is for another of its organiser, and admit nobody there', async () => {
  const [tonight, tomorrow] = [await issueOne(it), await issueOne(it)]
  const { token } = await staff(town_choir_id, tonight.event_id)
  for (const answer of [await scan(token, tomorrow, tonight.event_id),
    await look(token, tomorrow, tonight.event_id)]) {
    expect(answer).toMatchObject({ status: 409, problem: {
      type: api.wrongEvent.type, event_id: tomorrow.event_id } })
  }
  expect((await scan(token, tomorrow)).status).toBe(404)
  expect((await scan(token, tonight)).status).toBe(201)
})

test('keepMembers: who is removed is refused from the news on, older news change nothing', async () => {
  const organizer_id = uuidv7()
  const ticket = await issueOne(it, { event: event({ organizer_id }) })
  const user_id = uuidv7()
  const token = await it.personToken({ user_id })
  const tell = (version: number, user_ids: string[]) => publisher(ctx)(organizerMembersChanged, [{
    organizer_id, version,
    members: user_ids.map(one => ({ user_id: one, role: 'door', event_id: null })),
  }])
  expect((await door(token, ticket.event_id)).status).toBe(403)
  await tell(1, [user_id])
  await it.eventually(async () => (await door(token, ticket.event_id)).status === 200, 'the appointment')
  await tell(3, [])
  await it.eventually(async () => (await door(token, ticket.event_id)).status === 403, 'the removal')

  const marker = uuidv7()
  await tell(2, [user_id])
  await publisher(ctx)(organizerMembersChanged, [{ organizer_id: marker, version: 1, members: [] }])
  await it.eventually(async () => (await ctx.pool.query(
    'select 1 from tickets.organizers where id = $1', [marker])).rows.length === 1, 'later news')
  expect((await door(token, ticket.event_id)).status).toBe(403)
})
