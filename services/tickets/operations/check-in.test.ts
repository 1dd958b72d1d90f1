import { setTimeout as sleep } from 'node:timers/promises'
import { eventCanceled } from '@fermata/contracts/events'
import { orderRefunded } from '@fermata/contracts/orders'
import {
  alreadyAdmitted, checkIn, getAdmissions, getTicket, ticketAdmitted, validateTicket, type Ticket,
} from '@fermata/contracts/tickets'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import { findTicket, type admitTickets } from '../queries/tickets.ts'
import { refusalOf } from '../rules/admission.ts'
import service from '../service.ts'
import { completedOrder, event, inHours, issue, issueOne, publisher } from '../test/seed.ts'

// check-in and validate-ticket answer the same question, once with and once without consequence.

let it: TestSystem
let ctx: Ctx
let operator: string

beforeAll(async () => {
  it = await startTestSystem([service])
  ctx = it.context<Ctx>('tickets')
  operator = await it.personToken({ roles: ['operator'], email: 'door@example.com' })
})
afterAll(() => it.stop())

const scan = (ticket: Ticket, more: {
  code?: string, event_id?: string, gate?: string, key?: string, system?: TestSystem,
} = {}) =>
  (more.system ?? it).send(checkIn, {
    token: operator, key: more.key,
    body: {
      code: more.code ?? ticket.code, event_id: more.event_id ?? ticket.event_id,
      gate: more.gate ?? 'North',
    },
  })

const look = (ticket: Ticket, event_id = ticket.event_id) =>
  it.send(validateTicket, { token: operator, body: { code: ticket.code, event_id } })

const altered = (code: string) => code.slice(0, -1) + (code.endsWith('0') ? '1' : '0')

test('checkIn: admits once; the second scan says when, where and by whom the first was', async () => {
  const ticket = await issueOne(it)

  const first = await scan(ticket)
  const second = await scan(ticket, { gate: 'South' })

  expect(first).toMatchObject({ status: 201, body: {
    gate: 'North', admitted_by: 'door@example.com', ticket: { id: ticket.id, status: 'used' } } })
  expect(Date.parse(first.body.admitted_at)).toBeGreaterThan(Date.now() - 60_000)
  expect(second).toMatchObject({ status: 409, problem: {
    type: alreadyAdmitted.type, admitted_at: first.body.admitted_at, gate: 'North', admitted_by: 'door@example.com' } })
})

test('checkIn: publishes the admission without the code', async () => {
  const ticket = await issueOne(it)
  await scan(ticket)
  const rows = await ctx.db.selectFrom('tickets.outbox_events').select('data')
    .where('type', '=', ticketAdmitted.type).execute()
  const told = rows.filter(row => (row.data as { ticket: { id: string } }).ticket.id === ticket.id)
  expect(told).toHaveLength(1)
  expect(told[0]!.data).toMatchObject({
    gate: 'North', order_code: ticket.order_code, buyer: { email: 'ann.buyer@example.com' },
  })
  expect(JSON.stringify(told[0]!.data)).not.toContain(ticket.code)
})

test('checkIn: a repeated request with its key is the same admission, not a second one', async () => {
  const ticket = await issueOne(it)
  const first = await scan(ticket, { key: 'scan-key-1' })
  const again = await scan(ticket, { key: 'scan-key-1' })
  expect(again).toMatchObject({ status: 201, body: first.body })
  expect(again.headers['idempotency-replayed']).toBe('true')
  expect((await scan(ticket, { key: 'scan-key-2' })).status).toBe(409)
})

test('checkIn: a code in small letters and with blanks around it, as scanners send, is the code', async () => {
  const ticket = await issueOne(it)
  expect((await scan(ticket, { code: ` ${ticket.code.toLowerCase()}\n` })).status).toBe(201)
})

test('checkIn: a ticket for another event is refused and its event named', async () => {
  const ticket = await issueOne(it)
  expect(await scan(ticket, { event_id: uuidv7() })).toMatchObject({ status: 409, problem: {
    type: '/problems/tickets/wrong-event', event_id: ticket.event_id, event_title: 'Winter concert' } })
  expect((await scan(ticket)).status).toBe(201)
})

test('checkIn: unknown, altered and malformed codes are 404 and admit nobody', async () => {
  const [ticket, other] = [await issueOne(it), await issueOne(it)]
  const codes = [
    altered(ticket.code), 'SUMMER-000001', '0'.repeat(144),
    // One ticket's head with another's signature.
    ticket.code.slice(0, 42) + other.code.slice(42),
    other.code.slice(0, 16) + ticket.code.slice(16),
  ]
  for (const code of codes) {
    expect(await scan(ticket, { code })).toMatchObject({ status: 404, problem: { type: '/problems/tickets/unknown-code' } })
  }
  expect((await look(ticket)).body.admissible).toBe(true)
})

test('checkIn: a genuine signature for a ticket that is not there is unknown', async () => {
  const ticket = await issueOne(it)
  const { keys } = ctx.resources
  const code = await keys.code(keys.signingKey(ticket.event_id), uuidv7())
  expect((await scan(ticket, { code })).status).toBe(404)
})

test('checkIn: a refunded ticket is void', async () => {
  const order = completedOrder()
  const ticket = (await issue(it, [order]))[0]![0]!
  const { event: _, payment_id, completed_at, ...facts } = order
  await publisher(ctx)(orderRefunded, [{
    ...facts, refunded_at: inHours(0), payment_id, refund_minor: 1250, reason: 'requested',
  }])
  await it.eventually(async () => !(await look(ticket)).body.admissible, 'the refund')

  const answer = await scan(ticket)

  expect(answer).toMatchObject({ status: 409, problem: { type: '/problems/tickets/void' } })
  expect(Date.parse(answer.problem.voided_at as string)).not.toBeNaN()
  expect((await look(ticket)).body).toMatchObject({ admissible: false, reason: 'void' })
})

test('checkIn: nobody enters a canceled event', async () => {
  const facts = event()
  const ticket = await issueOne(it, { event: facts })
  await publisher(ctx)(eventCanceled, [{
    event: { ...facts, status: 'canceled', version: 2 }, canceled_at: inHours(0), reason: null,
  }])
  await it.eventually(async () => (await look(ticket)).body.reason === 'event_canceled', 'the cancellation')

  expect(await scan(ticket)).toMatchObject({ status: 409, problem: { type: '/problems/tickets/event-canceled' } })
  expect((await it.send(getTicket, { params: { id: ticket.id }, token: operator })).body)
    .toMatchObject({ status: 'active', event: { status: 'canceled' } })
})

test('validateTicket: looks as often as wished and changes nothing', async () => {
  const ticket = await issueOne(it)
  for (let i = 0; i < 3; i++) {
    expect((await look(ticket)).body).toMatchObject({
      admissible: true, reason: null, admitted_at: null, gate: null, admitted_by: null,
    })
  }
  expect((await look(ticket, uuidv7())).body).toMatchObject({ admissible: false, reason: 'wrong_event' })
  expect((await scan(ticket)).status).toBe(201)
  expect((await look(ticket)).body).toMatchObject({
    admissible: false, reason: 'already_admitted', gate: 'North', admitted_by: 'door@example.com',
  })
  const unknown = await it.send(validateTicket, {
    token: operator, body: { code: altered(ticket.code), event_id: ticket.event_id },
  })
  expect(unknown).toMatchObject({ status: 404, problem: { type: '/problems/tickets/unknown-code' } })
})

test('validateTicket: says whether the ticket belongs to the account or the letter box asked for', async () => {
  const user_id = uuidv7()
  const ticket = await issueOne(it, { user_id })
  const { email } = ticket.holder
  const [name, domain] = email.split('@')
  const ask = async (whom: { user_id?: string, email?: string }) => {
    const body = { code: ticket.code, event_id: ticket.event_id, ...whom }
    return (await it.send(validateTicket, { token: operator, body })).body
  }

  expect(await ask({})).toMatchObject({ belongs: null, admissible: true })
  expect(await ask({ user_id })).toMatchObject({ belongs: true, admissible: true })
  expect(await ask({ user_id: uuidv7() })).toMatchObject({ belongs: false, admissible: true })
  for (const spelling of [email, email.toUpperCase(), `${name}+hall@${domain}`]) {
    expect(await ask({ email: spelling })).toMatchObject({ belongs: true })
  }
  expect(await ask({ email: 'somebody.else@example.com' })).toMatchObject({ belongs: false })
  expect(await ask({ user_id, email: 'somebody.else@example.com' })).toMatchObject({ belongs: false })
  expect(await ask({ user_id: uuidv7(), email })).toMatchObject({ belongs: false })
  const guests = await issueOne(it)
  const body = { code: guests.code, event_id: guests.event_id, user_id }
  expect((await it.send(validateTicket, { token: operator, body })).body.belongs).toBe(false)
})

test('checkIn, validateTicket: only operators and administrators may', async () => {
  const ticket = await issueOne(it)
  const body = { code: ticket.code, event_id: ticket.event_id }
  for (const [route, full] of [[checkIn, { ...body, gate: 'North' }], [validateTicket, body]] as const) {
    expect((await it.send(route, { body: full })).status).toBe(401)
    expect(
      (await it.send(route, { body: full, token: it.orderToken(ticket.order_id) })).status
    ).toBe(401)
    for (const roles of [['user'], ['event_creator']] as const) {
      const token = await it.personToken({ roles: [...roles] })
      expect((await it.send(route, { body: full, token })).status).toBe(403)
    }
  }
  expect((await scan(ticket)).status).toBe(201)
})

test('checkIn: refuses fields that are missing, empty or not declared', async () => {
  const ticket = await issueOne(it)
  const body = { code: ticket.code, event_id: ticket.event_id, gate: 'North' }
  const refused = [
    { ...body, gate: '' }, { ...body, code: '' }, { ...body, event_id: 'x' },
    { ...body, status: 'active' }, {},
  ]
  for (const wrong of refused) {
    expect((await it.send(checkIn, { token: operator, body: wrong })).status).toBe(400)
  }
})

/** How fifty scans of one code at the same moment end, by status. */
async function race (system: TestSystem): Promise<{
  admitted: number, refused: number, other: number,
}> {
  const ticket = await issueOne(system)
  const token = await system.personToken({ roles: ['operator'] })
  const answers = await Promise.all(Array.from({ length: 50 }, (_, gate) => system.send(checkIn, {
    token, body: { code: ticket.code, event_id: ticket.event_id, gate: `Gate ${gate}` } })))
  const count = (status: number) => answers.filter(answer => answer.status === status).length
  const counts = { admitted: count(201), refused: count(409), other: 50 - count(201) - count(409) }
  const { body } = await system.send(getAdmissions, {
    params: { event_id: ticket.event_id }, token: await system.serviceToken('tickets', 'events') })
  expect(body).toMatchObject({ issued: 1, admitted: 1, voided: 0 })
  return counts
}

test('checkIn: of fifty scans of one code at the same moment exactly one admits', async () => {
  for (let round = 0; round < 5; round++) {
    expect(await race(it)).toEqual({ admitted: 1, refused: 49, other: 0 })
  }
})

/** Looks first and writes then, as a check before a write would. */
const admitUnguarded: typeof admitTickets = async (tx, [row]) => {
  const { id, ticket_id, event_id, gate, admitted_by, admitted_by_id } = row!
  if (refusalOf((await findTicket(tx, ticket_id))!, event_id)) return []
  // Long enough for another to look, too.
  await sleep(50)
  await sql`update tickets.tickets set status = 'used' where id = ${ticket_id}`.run(tx)
  await sql`insert into tickets.check_ins (id, ticket_id, gate, admitted_by, admitted_by_id)
    values (${id}, ${ticket_id}, ${gate}, ${admitted_by}, ${admitted_by_id})`.run(tx)
  return [ticket_id]
}

test('checkIn: without the guard the database still admits once, and without both the race admits many', async () => {
  const control = await startTestSystem([{ ...service, start: async (ctx: Ctx) =>
    ({ ...await service.start!(ctx), admitTickets: admitUnguarded }) }], { LOG_LEVEL: 'fatal' })
  try {
    expect((await race(control)).admitted).toBe(1)
    await sql`alter table tickets.check_ins drop constraint admitted_once`.run(control.context<Ctx>('tickets').db)
    expect((await race(control)).admitted).toBeGreaterThan(1)
  } finally {
    await control.stop()
  }
})
