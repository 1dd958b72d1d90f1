import { mismatchKinds, type MismatchKind } from '@fermata/contracts/reconciliation'
import { originOf, uuidv7 } from '@fermata/platform/ids'
import { mendable, repair, repairs } from '@fermata/server/verify/repairs'
import { verify } from '@fermata/server/verify/verify'
import { createTestDatabase } from '@fermata/testkit/postgres'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { holdEvening, urlsOf, type Evening } from './sold-out-evening.ts'

/** Each thing that may not agree is made not to agree, and is found: by its kind and by its id. */

let evening: Evening

beforeAll(async () => { evening = await holdEvening() }, 90_000)
afterAll(() => evening.database.drop())

const at_once = { settle_ms: 0, older_than_ms: 0 }

interface Planted { statements: string[], id: string, along?: MismatchKind[] }

/** What is done past the services, and whose id has to be named. */
const plants: Record<MismatchKind, (evening: Evening) => Planted> = {
  pool_oversold: ({ ticket_type_id: id }) => ({ id, along: ['pool_miscounted'], statements: [
    'alter table orders.pools drop constraint pools_never_oversold',
    `update orders.pools set sold = capacity + 1 where id = '${id}'`] }),
  pool_miscounted: ({ ticket_type_id: id }) => ({ id, statements: [
    `update orders.pools set held = held + 1 where id = '${id}'`] }),
  promo_code_miscounted: ({ ticket_type_id }) => {
    const id = uuidv7()
    return { id, statements: [`
      insert into orders.promo_codes (id, event_id, code, percent, counts, used)
      select '${id}', event_id, 'LOST', 10, 'orders', 1 from orders.ticket_types
       where id = '${ticket_type_id}'`] }
  },
  hold_past_end: ({ held: { id } }) => ({ id, along: ['deadline_overdue'], statements: [
    `update orders.orders set expires_at = now() - interval '1 minute' where id = '${id}'`,
    `update expiration.deadlines set due_at = now() - interval '1 minute'
      where id = '${originOf(id).id}'`] }),
  order_total_differs: ({ held: { id } }) => ({ id, statements: [
    `update orders.orders set total_minor = total_minor + 1 where id = '${id}'`] }),
  order_without_payment: ({ paid: { id } }) => ({ id, statements: [
    `update payments.payments set order_id = '${uuidv7()}', status = 'failed', failure = 'lost',
            failed_at = now(), succeeded_at = null where order_id = '${id}'`],
  along: ['payment_not_posted', 'provider_disagrees'] }),
  order_without_tickets: ({ paid: { id } }) => ({ id, along: ['order_without_mail'], statements: [
    `delete from tickets.tickets where order_id = '${id}' and status = 'active'`] }),
  order_without_mail: ({ paid: { id } }) => ({ id, statements: [
    `delete from notifications.holders where order_id = '${id}'`] }),
  payment_without_order: ({ paid: { id } }) => ({ id, statements: [
    `update orders.orders set status = 'canceled', canceled_at = now() where id = '${id}'`],
  along: ['ticket_without_order', 'pool_miscounted'] }),
  payment_twice: ({ paid: { id } }) => ({ id, statements: [
    'drop index payments.payments_one_per_order',
    `create temp table again as select * from payments.payments where order_id = '${id}'`,
    `update again set id = '${uuidv7()}', provider_key = 'again'`,
    'insert into payments.payments select * from again'],
  along: ['payment_amount_differs', 'payment_not_posted', 'provider_disagrees'] }),
  payment_amount_differs: ({ paid: { id } }) => ({ id, statements: [
    `update payments.payments set amount_minor = amount_minor + 1 where order_id = '${id}'`],
  along: ['payment_not_posted', 'provider_disagrees'] }),
  payment_undecided: ({ held: { id: order_id } }) => {
    const id = uuidv7()
    return { id, statements: [
      'create temp table open as select * from payments.payments',
      `update open set id = '${id}', provider_key = 'open', order_id = '${order_id}',
              status = 'pending', succeeded_at = null, hold_ends_at = now() - interval '1 hour'`,
      'insert into payments.payments select * from open'] }
  },
  payment_not_posted: ({ paid: { id } }) => ({ id: `payment of ${id}`, statements: [
    'alter table payments.ledger_entries disable trigger user',
    'delete from payments.ledger_entries'] }),
  provider_disagrees: ({ paid: { id } }) => ({ id: `payment of ${id}`, statements: [
    'update payments.simulated_charges set succeeds = false'] }),
  ledger_unbalanced: ({ paid: { id } }) => ({ id: `transaction of ${id}`, statements: [
    'alter table payments.ledger_entries disable trigger user',
    `update payments.ledger_entries set debit_minor = debit_minor + 1
      where account = 'provider_clearing'`] }),
  ticket_without_order: () => {
    const id = uuidv7()
    return { id, along: ['order_without_mail', 'order_without_tickets'], statements: [
      `insert into tickets.orders (id, ended_at) values ('${id}', now())`,
      `update tickets.tickets set order_id = '${id}' where status = 'active'`] }
  },
  ticket_doubled: ({ paid: { id } }) => ({ id, along: ['order_without_mail'], statements: [
    `create temp table more as select * from tickets.tickets where status = 'active'`,
    `update more set id = '${uuidv7()}', position = 3, number = 'X-9', code = 'X9'`,
    'insert into tickets.tickets select * from more'] }),
  ticket_admitted_twice: ({ paid: { id }, ticket_id }) => ({ id, statements: [
    'alter table tickets.check_ins drop constraint admitted_once',
    `insert into tickets.check_ins (id, ticket_id, gate, admitted_by, admitted_by_id)
      values ('${uuidv7()}', '${ticket_id}', 'B', 'Oz', '${uuidv7()}')`] }),
  admission_miscounted: ({ paid: { id } }) => ({ id, statements: [
    'delete from tickets.check_ins'] }),
  deadline_overdue: ({ held: { id } }) => ({ id, statements: [
    `update expiration.deadlines set due_at = now() - interval '1 minute'
      where id = '${originOf(id).id}'`] }),
  mail_overdue: () => ({ id: 'a mail', statements: [
    `update notifications.deliveries set status = 'pending', sent_at = null, content = '{}',
            next_attempt_at = now() - interval '1 hour'`] }),
  event_waiting: () => ({ id: 'an event', statements: [
    `update orders.outbox set sent_at = null
      where id = (select id from orders.outbox order by id limit 1)`] }),
  event_without_effect: () => ({ id: 'an event', statements: [
    `delete from tickets.inbox where handler = 'issueTickets'`] }),
  dead_letter: () => {
    const id = uuidv7()
    return { id, statements: [`
      insert into users.dead_letters (id, event_id, handler, type, data, error)
      values ('${id}', '${uuidv7()}', 'followOrders', 'orders.order_completed.v1', '{}', 'No')`] }
  },
}

async function run (url: string, statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

test('verify: an evening after which everything agrees has no mismatch, and everything was read', async () => {
  const { mismatches, unanswered, checked } = await verify(urlsOf(evening.database.url), at_once)

  expect({ mismatches, unanswered }).toEqual({ mismatches: [], unanswered: [] })
  const lines = new Map(checked.map(one => [one.list, one.lines]))
  expect(lines.get('orders.orders')).toBe(2)
  expect(lines.get('payments.ledger')).toBe(1)
  expect(lines.get('orders.sent')).toBeGreaterThan(2)
})

test('verify: services that run are asked by their routes, and state the same', async () => {
  const { mismatches, unanswered, checked } = evening.by_routes

  expect({ mismatches, unanswered }).toEqual({ mismatches: [], unanswered: [] })
  const now = await verify(urlsOf(evening.database.url), at_once)
  const lists = ['orders.orders', 'payments.payments', 'tickets.orders', 'orders.sent']
  const of = (from: typeof checked) => from.filter(({ list }) => lists.includes(list))
  expect(of(checked)).toEqual(of(now.checked))
})

test.each(mismatchKinds)('verify: %s is found where it was planted', async kind => {
  const { statements, id, along = [] } = plants[kind](evening)
  const copy = await createTestDatabase(new URL(evening.database.url).pathname.slice(1))
  try {
    await run(copy.url, statements)

    const { mismatches, found } = await verify(urlsOf(copy.url), at_once)

    expect(mismatches.map(one => one.kind).toSorted()).toEqual([kind, ...along].toSorted())
    const ids = found.get(kind)!.map(one => one.id)
    if (/^[0-9a-f-]{36}$/.test(id)) expect(ids).toContain(id)
    expect(found.get(kind)!.every(one => one.detail !== '')).toBe(true)
  } finally {
    await copy.drop()
  }
})

test.each([
  ['recount', 'pool_miscounted'], ['recount', 'promo_code_miscounted'],
  ['redeliver', 'event_without_effect'],
] as const)('verify: %s mends %s', async (name, kind) => {
  const copy = await createTestDatabase(new URL(evening.database.url).pathname.slice(1))
  try {
    await run(copy.url, plants[kind](evening).statements)
    const urls = urlsOf(copy.url)
    const { found } = await verify(urls, at_once)

    await repair(repairs[name]!, mendable(repairs[name]!, found), urls)

    const { mismatches } = await verify(urls, at_once)
    // Nobody is there to handle it: it waits again.
    expect(mismatches.map(one => one.kind)).toEqual(name === 'redeliver' ? ['event_waiting'] : [])
  } finally {
    await copy.drop()
  }
})
