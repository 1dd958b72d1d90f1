import {
  checkIn, getAdmissions, getTicket, listTicketKeys, listTickets, resendTicket, ticketResent,
  ticketVoided, validateTicket, voidTicket,
} from '@fermata/contracts/tickets'
import { uuidv7 } from '@fermata/platform/ids'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ctx } from '../context.ts'
import service from '../service.ts'
import { removeStale } from './remove-stale.ts'
import {
  completedOrder, event, issue, issueOne, seedOrganizer, town_choir_id,
} from '../test/seed.ts'

// list-tickets, get-ticket, list-ticket-keys, void-ticket, resend-ticket and get-admissions.

let it: TestSystem
let operator: string

beforeAll(async () => {
  it = await startTestSystem([service])
  operator = await it.personToken({ roles: ['operator'] })
})
afterAll(() => it.stop())

const buyer = (name: string, email: string) => ({ name, email, locale: 'en' as const })
const four = () => [{ ticket_type_id: uuidv7(), name: 'Adult', quantity: 4, unit_price_minor: 500 }]
const ids = (items: { id: string }[]) => items.map(one => one.id)

test('listTickets: shows people what is theirs and nothing of others', async () => {
  const user_id = uuidv7()
  const mine = await issueOne(it, { user_id })
  await issueOne(it, { user_id: uuidv7() })
  const token = await it.personToken({ user_id })

  expect(ids((await it.send(listTickets, { token })).body.items)).toEqual([mine.id])
  expect(
    ids((await it.send(listTickets, { token: it.orderToken(mine.order_id) })).body.items)
  ).toEqual([mine.id])
  expect((await it.send(listTickets, { token: it.orderToken(uuidv7()) })).body.items).toEqual([])
  expect((await it.send(listTickets, { token: await it.personToken() })).body.items).toEqual([])
  expect((await it.send(listTickets)).status).toBe(401)
})

test('listTickets: what was bought as a guest is shown to whom the address proved to belong', async () => {
  const email = `guest-${uuidv7()}@example.com`
  const ticket = await issueOne(it, { buyer: buyer('Guest', email.toUpperCase()) })
  const list = async (email_verified: boolean) =>
    (
      await it.send(listTickets, { token: await it.personToken({ email, email_verified }) })
    ).body.items
  expect(ids(await list(true))).toEqual([ticket.id])
  expect(await list(false)).toEqual([])
  const params = { id: ticket.id }
  expect(
    (
      await it.send(getTicket, {
        params, token: await it.personToken({ email, email_verified: true }),
      })
    ).status
  ).toBe(200)
  expect(
    (
      await it.send(getTicket, {
        params, token: await it.personToken({ email, email_verified: false }),
      })
    ).status
  ).toBe(404)
})

test('listTickets: an order token sees its order whatever it asks for', async () => {
  const mine = await issueOne(it)
  const other = await issueOne(it, { event: mine.event })
  const token = it.orderToken(mine.order_id)
  for (const query of [{ event_id: mine.event_id }, { q: 'ann' }, {}]) {
    expect(ids((await it.send(listTickets, { token, query })).body.items)).toEqual([mine.id])
  }
  expect(
    (await it.send(listTickets, { token, query: { order_id: other.order_id } })).body.items
  ).toEqual([])
})

test('listTickets: operators find any ticket by number, code, name, address and order code', async () => {
  const facts = event({ title: `Lookup ${uuidv7().slice(-4)}` })
  const order = completedOrder({ event: facts, buyer: buyer('Zoë Łukasiewicz', 'zoe.l@example.org') })
  const ticket = (await issue(it, [order]))[0]![0]!
  await issueOne(it, { event: facts })
  const find = async (query: object) =>
    ids((await it.send(listTickets, { token: operator, query })).body.items)

  for (const q of [ticket.code, ` ${ticket.code.toLowerCase()} `, 'Zoë', 'zoë łuk', 'ZOE.L@', order.code.toLowerCase()]) {
    expect(await find({ q }), q).toEqual([ticket.id])
  }
  expect(await find({ q: 'lookup-000001', event_id: facts.id })).toEqual([ticket.id])
  expect(await find({ q: 'kasiewicz', event_id: facts.id })).toEqual([ticket.id])
  expect(await find({ event_id: facts.id })).toHaveLength(2)
  expect(await find({ order_id: order.order_id })).toEqual([ticket.id])
  for (const q of ['%', '_', '\\', "' or 1=1 --"]) expect(await find({ q }), q).toEqual([])
  expect(await find({ q: 'zoe', event_id: uuidv7() })).toEqual([])
})

test('listTickets: members look up those of their events, others nothing', async () => {
  const [member, stranger] = [uuidv7(), uuidv7()]
  const ticket = await issueOne(it, { event: event() })
  await seedOrganizer(it.context<Ctx>('tickets'), town_choir_id, [{ user_id: member, role: 'owner' }])
  const find = async (user_id: string, roles: ('event_creator' | 'user')[]) => ids((await it.send(listTickets, {
    token: await it.personToken({ user_id, roles }), query: {
      event_id: ticket.event_id,
    } })).body.items)

  expect(await find(member, ['event_creator'])).toEqual([ticket.id])
  expect(await find(member, ['user'])).toEqual([ticket.id])
  expect(await find(stranger, ['user'])).toEqual([])
  expect(await find(stranger, ['event_creator'])).toEqual([])
  const token = await it.personToken({ user_id: member, roles: ['event_creator'] })
  expect((await it.send(listTickets, { token })).body.items).toEqual([])
  expect((await it.send(getTicket, { params: { id: ticket.id }, token })).status).toBe(200)
})

test('listTickets: pages through an order seat by seat, and by state', async () => {
  const order = completedOrder({ items: four() })
  const tickets = (await issue(it, [order]))[0]!
  await it.send(voidTicket, { params: { id: tickets[1]!.id }, token: operator, body: {} })
  const token = it.orderToken(order.order_id)

  const seen: string[] = []
  let cursor: string | undefined
  do {
    const { body } = await it.send(listTickets, { token, query: { limit: 3, cursor } })
    seen.push(...body.items.map(item => item.number))
    cursor = body.next_cursor ?? undefined
  } while (cursor)

  expect(seen).toEqual(tickets.map(ticket => ticket.number))
  expect(
    ids((await it.send(listTickets, { token, query: { status: 'void' } })).body.items)
  ).toEqual([tickets[1]!.id])
})

test('listTickets: refuses cursors it did not give, wrong states and oversized pages', async () => {
  const forged = Buffer.from(JSON.stringify({ issued_at: 'yesterday', id: 'x' })).toString('base64url')
  for (
    const query of [
      { cursor: 'nonsense' }, { cursor: forged }, { status: 'sold' }, { limit: 101 }, { nobody: '1' },
    ]
  ) {
    expect(
      (await it.send(listTickets, { token: operator, query: query as never })).status,
      JSON.stringify(query)
    ).toBe(400)
  }
})

test('getTicket: the owner, the order and who serves the event see it; for others it is not there', async () => {
  const user_id = uuidv7()
  const ticket = await issueOne(it, { user_id })
  const params = { id: ticket.id }
  const see = async (token?: string) => (await it.send(getTicket, { params, token })).status

  expect(await see(await it.personToken({ user_id }))).toBe(200)
  expect(await see(it.orderToken(ticket.order_id))).toBe(200)
  expect(await see(operator)).toBe(200)
  expect(await see(await it.personToken({ roles: ['admin'] }))).toBe(200)
  expect(await see(await it.personToken())).toBe(404)
  expect(await see(await it.personToken({ roles: ['event_creator'] }))).toBe(404)
  expect(await see(it.orderToken(uuidv7()))).toBe(404)
  expect(await see()).toBe(401)
  expect((await it.send(getTicket, { params: { id: uuidv7() }, token: operator })).status).toBe(404)
  expect((await it.send(getTicket, { params: { id: 'x' }, token: operator })).status).toBe(400)
})

test('listTicketKeys: anyone may have the public keys, each event has its own, the private half stays', async () => {
  const [one, other] = [await issueOne(it), await issueOne(it)]
  const { status, body } = await it.send(listTicketKeys)
  const of = (event_id: string) => body.items.filter(key => key.event_id === event_id)
  expect(status).toBe(200)
  expect(of(one.event_id)).toEqual([{
    kid: one.code.slice(0, 16), event_id: one.event_id, algorithm: 'Ed25519',
    public_key: expect.stringMatching(/^[\w-]{43}$/),
  }])
  expect(of(other.event_id)[0]!.kid).toBe(other.code.slice(0, 16))
  expect((await it.send(listTicketKeys, { query: { event_id: uuidv7() } })).body.items).toEqual([])
})

test('voidTicket: an operator makes a ticket invalid once, and it is announced', async () => {
  const ticket = await issueOne(it)
  const params = { id: ticket.id }
  const answer = await it.send(voidTicket, { params, token: operator, body: { reason: 'Sold to a robot' } })
  expect(answer).toMatchObject({ status: 200, body: { status: 'void', id: ticket.id } })
  expect(Date.parse(answer.body.voided_at!)).not.toBeNaN()

  expect(
    await it.send(voidTicket, { params, token: operator, body: {} })
  ).toMatchObject({ status: 409, problem: { type: '/problems/tickets/void' } })
  const told = (
    await it.context<Ctx>('tickets').db.selectFrom('tickets.outbox_events').select('data').where(
      'type', '=', ticketVoided.type
    ).execute()
  )
    .filter(row => (row.data as { ticket: { id: string } }).ticket.id === ticket.id)
  expect(told).toMatchObject([{ data: { reason: 'Sold to a robot', voided_at: answer.body.voided_at } }])
  const scanned = await it.send(checkIn, {
    token: operator, body: { code: ticket.code, event_id: ticket.event_id, gate: 'A' },
  })
  expect(scanned).toMatchObject({
    status: 409, problem: { type: '/problems/tickets/void', voided_at: answer.body.voided_at },
  })
})

test('voidTicket: who was admitted cannot be made to have stayed outside', async () => {
  const ticket = await issueOne(it)
  await it.send(checkIn, {
    token: operator, body: { code: ticket.code, event_id: ticket.event_id, gate: 'West' },
  })
  expect(
    await it.send(voidTicket, { params: { id: ticket.id }, token: operator, body: {} })
  ).toMatchObject({
    status: 409, problem: { type: '/problems/tickets/already-admitted', gate: 'West' } })
})

test('voidTicket: a scan and a void at the same moment end one way, never both', async () => {
  for (let round = 0; round < 10; round++) {
    const ticket = await issueOne(it)
    const [scan, voiding] = await Promise.all([
      it.send(checkIn, {
        token: operator, body: { code: ticket.code, event_id: ticket.event_id, gate: 'A' },
      }),
      it.send(voidTicket, { params: { id: ticket.id }, token: operator, body: {} }),
    ])
    expect([scan.status, voiding.status].sort()).toSatisfy((statuses: number[]) =>
      statuses.join() === '201,409' || statuses.join() === '200,409')
  }
})

test('resendTicket: asks for a mail to the holder, not for a void ticket', async () => {
  const ticket = await issueOne(it)
  const user_id = uuidv7()
  const token = await it.personToken({ user_id, roles: ['operator'] })
  const params = { id: ticket.id }
  expect(
    await it.send(resendTicket, { params, token })
  ).toMatchObject({ status: 202, body: { id: ticket.id } })
  const told = (
    await it.context<Ctx>('tickets').db.selectFrom('tickets.outbox_events').select('data').where(
      'type', '=', ticketResent.type
    ).execute()
  )
  expect(told.at(-1)!.data).toMatchObject({
    ticket: { id: ticket.id }, requested_by: user_id, buyer: { email: 'ann.buyer@example.com' },
  })
  expect(JSON.stringify(told)).not.toContain(ticket.code)

  await it.send(voidTicket, { params, token, body: {} })
  expect(await it.send(resendTicket, { params, token })).toMatchObject({
    status: 409, problem: { type: '/problems/tickets/void' },
  })
})

const desk = () => it.personToken({ user_id: uuidv7(), roles: ['operator'] })
/** As if so much time had gone by. */
const wait = (hours: number) => it.context('tickets').pool.query(
  `update tickets.resends set spent_until = spent_until - $1 * interval '1 hour'`, [hours])

test('resendTicket: a ticket is mailed again a few times, whoever asks', async () => {
  const email = `often-${uuidv7()}@example.com`
  const ticket = await issueOne(it, { buyer: buyer('Often', email) })
  const again = async () =>
    it.send(resendTicket, { params: { id: ticket.id }, token: await desk() })
  const answers = await Promise.all(Array.from({ length: 8 }, again))
  expect(answers.map(one => one.status).toSorted())
    .toEqual([202, 202, 202, 429, 429, 429, 429, 429])
  const refused = answers.find(one => one.status === 429)!
  expect(refused.problem).toMatchObject({ type: '/problems/tickets/resent-often', scope: 'ticket' })
  const wait_s = Number(refused.headers['retry-after'])
  expect(wait_s).toBeGreaterThan(19 * 60)
  expect(wait_s).toBeLessThanOrEqual(20 * 60)
  await wait(wait_s / 3600)
  expect((await again()).status).toBe(202)
  expect((await again()).status).toBe(429)
})

test('resendTicket: a letter box gets a few mails again, however many tickets and spellings', async () => {
  const name = uuidv7()
  const orders = Array.from({ length: 12 }, (_, index) => completedOrder({
    buyer: buyer('Victim', `${name}+${index}@example.com`) }))
  const bought = (await issue(it, orders)).map(([first]) => first!)
  const again = async ({ id }: { id: string }) =>
    it.send(resendTicket, { params: { id }, token: await desk() })
  const answers = await Promise.all(bought.map(again))
  const counts = Object.groupBy(answers, one => one.status)
  expect([counts[202]?.length, counts[429]?.length]).toEqual([6, 6])
  expect(counts[429]![0]!.problem).toMatchObject({ scope: 'recipient' })
  expect(Number(counts[429]![0]!.headers['retry-after'])).toBeGreaterThan(3.9 * 3600)
  // Control: somebody else at the same desk is mailed.
  const other = await issueOne(it, { buyer: buyer('Other', `${uuidv7()}@example.com`) })
  expect((await again(other)).status).toBe(202)
  // What was refused was not counted: of these tickets none is above its own pace.
  const refused = bought.find((_, index) => answers[index]!.status === 429)!
  for (const status of [202, 202, 202]) {
    await wait(4)
    expect((await again(refused)).status).toBe(status)
  }
})

test('removeStale: forgets what counts no more, and nothing else', async () => {
  const ticket = await issueOne(it, { buyer: buyer('Ann', `${uuidv7()}@example.com`) })
  const { pool } = it.context('tickets')
  const kept = async () => (await pool.query('select from tickets.resends')).rowCount
  await pool.query('delete from tickets.resends')
  await it.send(resendTicket, { params: { id: ticket.id }, token: await desk() })
  await wait(1)
  await removeStale(it.context<Ctx>('tickets'))
  expect(await kept()).toBe(1)
  await wait(4)
  await removeStale(it.context<Ctx>('tickets'))
  expect(await kept()).toBe(0)
})

test('voidTicket, resendTicket: only operators and administrators may, and only what is there', async () => {
  const ticket = await issueOne(it, { user_id: uuidv7() })
  for (const route of [voidTicket, resendTicket]) {
    const input = (token?: string, id = ticket.id) => ({
      params: { id }, token, ...(route === voidTicket && { body: {} }),
    })
    expect((await it.send(route, input())).status).toBe(401)
    expect((await it.send(route, input(it.orderToken(ticket.order_id)))).status).toBe(401)
    expect(
      (await it.send(route, input(await it.personToken({ user_id: ticket.user_id! })))).status
    ).toBe(403)
    expect((await it.send(route, input(await it.personToken({ roles: ['event_creator'] })))).status).toBe(403)
    expect((await it.send(route, input(operator, uuidv7()))).status).toBe(404)
  }
  expect(
    (await it.send(getTicket, { params: { id: ticket.id }, token: operator })).body.status
  ).toBe('active')
})

test('getAdmissions: counts what was issued, admitted and voided, for services only', async () => {
  const facts = event()
  const [adult, child] = [uuidv7(), uuidv7()]
  const tickets = (await issue(it, [completedOrder({ event: facts, items: [
    { ticket_type_id: adult, name: 'Adult', quantity: 3, unit_price_minor: 500 },
    { ticket_type_id: child, name: 'Child', quantity: 2, unit_price_minor: 0 }] })]))[0]!
  await it.send(checkIn, {
    token: operator, body: { code: tickets[0]!.code, event_id: facts.id, gate: 'A' },
  })
  await it.send(validateTicket, {
    token: operator, body: { code: tickets[1]!.code, event_id: facts.id },
  })
  await it.send(voidTicket, { params: { id: tickets[4]!.id }, token: operator, body: {} })

  const params = { event_id: facts.id }
  const { body } = await it.send(getAdmissions, { params, token: await it.serviceToken('tickets', 'events') })
  expect(body).toEqual({ event_id: facts.id, issued: 5, admitted: 1, voided: 1, ticket_types: [
    {
      ticket_type_id: adult, issued: 3, admitted: 1, voided: 0,
    }, { ticket_type_id: child, issued: 2, admitted: 0, voided: 1 },
  ].sort((a, b) => a.ticket_type_id < b.ticket_type_id ? -1 : 1) })
  expect(
    (
      await it.send(getAdmissions, {
        params: { event_id: uuidv7() }, token: await it.serviceToken('tickets', 'events'),
      })
    ).body
  )
    .toMatchObject({ issued: 0, admitted: 0, voided: 0, ticket_types: [] })
  expect((await it.send(getAdmissions, { params })).status).toBe(401)
  expect((await it.send(getAdmissions, { params, token: operator })).status).toBe(401)
  expect(
    (await it.send(getAdmissions, { params, token: await it.serviceToken('orders', 'events') })).status
  ).toBe(401)
})
