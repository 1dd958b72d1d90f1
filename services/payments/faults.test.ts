import * as api from '@fermata/contracts/payments'
import { uuidv7 } from '@fermata/platform/ids'
import { sql } from '@fermata/platform/sql'
import { startTestSystem, type TestSystem } from '@fermata/testkit/start'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Ctx } from './context.ts'
import { askProviders } from './operations/ask-providers.ts'
import { settlePayments } from './operations/settle-payments.ts'
import type { ChargeOutcome, PaymentProvider } from './provider.ts'
import service from './service.ts'
import { createOrdersPeer } from './test/orders-peer.ts'

/**
 * What happens between provider and commit. The provider is the real simulated one with a broken
 * line in front of it: it does its work, and its answer may get lost, come late, or not be final.
 */

const orders = createOrdersPeer()
let it: TestSystem
let ctx: Ctx
let line: {
  charge: 'up' | 'answer_lost' | 'down',
  refund: 'up' | 'answer_lost',
  confirming: boolean,
  calls: number,
}

function brokenLine (real: PaymentProvider): PaymentProvider {
  return {
    async charge (charges) {
      line.calls++
      if (line.charge === 'down') throw new Error('no route to the provider')
      const answers = await real.charge(charges)
      if (line.charge === 'answer_lost') throw new Error('connection reset after the charge')
      if (!line.confirming) return answers
      return new Map(charges.map(({ key }): [string, ChargeOutcome] => [key, {
        status: 'pending', reference: key, needs_confirmation: true,
        ask_again_at: new Date(Date.now() + 60_000).toISOString() }]))
    },
    async refund (refunds) {
      const answer = await real.refund(refunds)
      if (line.refund === 'answer_lost') throw new Error('connection reset after the refund')
      return answer
    },
    confirm: async key => ({ status: 'succeeded', reference: key }),
  }
}

beforeAll(async () => {
  const withBrokenLine = {
    ...service,
    async start (context: Ctx) {
      const resources = await service.start!(context)
      return { ...resources, providers: { simulated: brokenLine(resources.providers.simulated) } }
    },
  }
  it = await startTestSystem([withBrokenLine, orders.service], {
    LOG_LEVEL: 'fatal',
    SIMULATED_SLOW_MS: '50',
  })
  ctx = it.context<Ctx>('payments')
})
beforeEach(() => { line = { charge: 'up', refund: 'up', confirming: false, calls: 0 } })
afterAll(() => it.stop())

async function pay (test_card = 'success', total_minor = 2500) {
  const order = orders.addOrder({ total_minor })
  const { body } = await it.send(api.startPayment, { token: it.orderToken(order.id),
    body: { order_id: order.id, provider: 'simulated', method: { test_card } } })
  return { order, id: body.id, token: it.orderToken(order.id) }
}

const read = async (id: string) => (await it.send(api.getPayment, {
  params: { id }, token: await it.personToken({ roles: ['admin'] }) })).body

const captures = async (order_id: string) =>
  (await sql<{ count: number }>`
  select count(*) as count from payments.simulated_charges where order_id = ${order_id} and succeeds`.one(ctx.db)).count

const becomes = (id: string, status: api.PaymentStatus) =>
  it.eventually(async () => (await read(id)).status === status, `the payment to be ${status}`)

/** Due now, as if its pause were over. */
const hurry = () =>
  sql`update payments.payments set next_ask_at = now() where status = 'pending'`.run(ctx.db)

test('askProviders: killed between charge and commit, the payment is asked again and charged once', async () => {
  line.charge = 'answer_lost'
  const { order, id } = await pay()
  await it.eventually(async () => await captures(order.id) === 1)
  expect((await read(id)).status).toBe('pending')

  line.charge = 'up'
  await becomes(id, 'succeeded')

  expect(await captures(order.id)).toBe(1)
  await it.eventually(async () => orders.heard.succeeded.some(event => event.payment_id === id))
  expect(orders.heard.succeeded.filter(event => event.payment_id === id)).toHaveLength(1)
})

test('askProviders: with the provider down a payment stays open, nobody may pay twice, and it ends once it is up', async () => {
  line.charge = 'down'
  const { order, id, token } = await pay()
  await it.eventually(async () => line.calls >= 2)
  const second = await it.send(api.startPayment, { token,
    body: { order_id: order.id, provider: 'simulated', method: { test_card: 'success' } } })
  expect(second.problem).toMatchObject({ type: api.paymentUnderWay.type, payment_id: id })

  line.charge = 'up'
  await hurry()
  await becomes(id, 'succeeded')
  expect(await captures(order.id)).toBe(1)
})

test('askProviders: run many times at once it charges and posts once', async () => {
  const started = await Promise.all(Array.from({ length: 10 }, () => pay()))
  await Promise.all(Array.from({ length: 6 }, () => askProviders(ctx)))
  await Promise.all(started.map(({ id }) => becomes(id, 'succeeded')))
  for (const { order, id } of started) {
    expect(await captures(order.id)).toBe(1)
    const rows = await sql`select from payments.ledger_entries where payment_id = ${id}`.rows(ctx.db)
    expect(rows).toHaveLength(2)
  }
})

test('settlePayments: an answer that comes again, or another one after it, changes nothing', async () => {
  const { id } = await pay()
  await becomes(id, 'succeeded')
  for (
    const outcome of [{ status: 'succeeded', reference: 'again' }, {
      status: 'failed',
      reference: 'again',
      failure: 'declined',
    }] as const
  ) await ctx.transaction(tx => settlePayments(ctx, tx, new Map([[id, outcome]])))
  expect((await read(id)).status).toBe('succeeded')
  const rows = await sql`select from payments.ledger_entries where payment_id = ${id}`.rows(ctx.db)
  expect(rows).toHaveLength(2)
})

test('settlePayments: the control without stored keys charges twice, so the tests above can fail', async () => {
  const order = orders.addOrder()
  const { providers: { simulated } } = ctx.resources
  const charge = () =>
    simulated.charge([{
      key: uuidv7(),
      order_id: order.id,
      amount_minor: 100,
      currency: 'EUR',
      method: { test_card: 'success' },
      hold_ends_at: order.expires_at,
    }])
  line.charge = 'answer_lost'
  await charge().catch(() => undefined)
  line.charge = 'up'
  await charge()
  expect(await captures(order.id)).toBe(2)
})

test('giveBack: a refund whose answer was lost is asked again and sent once', async () => {
  const { id } = await pay()
  await becomes(id, 'succeeded')
  line.refund = 'answer_lost'
  await it.send(api.refundPayment, {
    params: { id },
    body: {},
    token: await it.personToken({ roles: ['admin'] }),
  })
  const sent = () =>
    sql<{ refunds: number, status: string }>`
    select (select count(*) from payments.simulated_refunds where key = r.provider_key) as refunds, status
      from payments.refunds r where payment_id = ${id}`.one(ctx.db)
  await it.eventually(async () => (await sent()).refunds === 1)
  expect((await sent()).status).toBe('pending')

  line.refund = 'up'
  await it.eventually(async () => (await sent()).status === 'paid')

  expect((await sent()).refunds).toBe(1)
})

test('confirmPayment: finishes a payment whose provider waits for the second step', async () => {
  line.confirming = true
  const { id, token } = await pay()
  await it.eventually(async () => (await read(id)).needs_confirmation)
  const reply = await it.send(api.confirmPayment, { params: { id }, token })
  expect(reply.status).toBe(200)
  expect(reply.body).toMatchObject({ status: 'succeeded', needs_confirmation: false })
})

/**
 * Random buyers, cards, refunds, cancellations and broken lines; then everything is let come to
 * rest.
 */
async function runRandomly (steps: Step[]): Promise<void> {
  const started: Awaited<ReturnType<typeof pay>>[] = []
  const admin = await it.personToken({ roles: ['admin'] })
  for (const step of steps) {
    const one = started[step.pick % Math.max(1, started.length)]
    if (step.do === 'pay') started.push(await pay(step.card, step.amount_minor))
    else if (step.do === 'line') Object.assign(line, { charge: step.charge, refund: step.refund })
    else if (!one) continue
    else if (step.do === 'cancel') await orders.cancel(it.context('orders'), one.order)
    else if (step.do === 'refund_order') await orders.refund(it.context('orders'), one.order)
    else if (step.do === 'refund')
      await it.send(api.refundPayment, {
        params: { id: one.id },
        body: { amount_minor: step.amount_minor },
        token: admin,
      })
  }
  Object.assign(line, { charge: 'up', refund: 'up' })
  await it.eventually(async () => {
    await hurry()
    await sql`update payments.refunds set next_ask_at = now() where status = 'pending'`.run(ctx.db)
    ctx.resources.lookNow()
    // An order that ends asks for a refund by an event, which may be on its way still.
    const rows = await sql<
      { open: number }
    >`select (select count(*) from payments.payments where status = 'pending')
      + (select count(*) from payments.refunds where status = 'pending')
      + (select count(*) from orders.outbox where sent_at is null)
      + (select count(*) from payments.outbox where sent_at is null) as open`.rows(ctx.db)
    return rows[0]!.open === 0
  }, 'everything to come to rest')
}

const amount_minor = fc.integer({ min: 1, max: 5000 })
const pick = fc.nat(20)
const stepArbitrary = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pay' as const), pick, amount_minor,
    card: fc.constantFrom('success', 'success', 'declined', 'slow') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('refund' as const), pick, amount_minor }) },
  fc.record({ do: fc.constantFrom('cancel' as const, 'refund_order' as const), pick }),
  fc.record({
    do: fc.constant('line' as const),
    pick,
    charge: fc.constantFrom('up' as const, 'answer_lost' as const, 'down' as const),
    refund: fc.constantFrom('up' as const, 'answer_lost' as const),
  }),
)
type Step = typeof stepArbitrary extends fc.Arbitrary<infer S> ? S : never

test(
  "askProviders: after random operations and faults the ledger sums to zero and equals the provider's book",
  async () => {
    const seed = Date.now() & 0x7fffffff
    console.log(`ledger property seed: ${seed}`)
    await fc.assert(
      fc.asyncProperty(fc.array(stepArbitrary, { minLength: 8, maxLength: 30 }), async steps => {
        await runRandomly(steps)

        const lopsided = await sql`select transaction_id from payments.ledger_entries
      group by transaction_id, currency having sum(debit_minor) <> sum(credit_minor)`.rows(ctx.db)
        expect(lopsided).toEqual([])
        const sums = await sql<Record<string, number>>`
      select coalesce(sum(debit_minor - credit_minor), 0) as total,
             coalesce(sum(debit_minor - credit_minor) filter (where account = 'provider_clearing'), 0) as at_provider,
             coalesce(sum(debit_minor - credit_minor) filter (where account = 'refunds'), 0) as promised,
             (select sum(amount_minor) from payments.simulated_charges c where succeeds
               and exists (select from payments.payments p where p.provider_key = c.key)) as charged,
             (select coalesce(sum(amount_minor), 0) from payments.simulated_refunds) as sent_back,
             (select coalesce(sum(amount_minor - refunded_minor), 0) from payments.payments
               where status in ('succeeded', 'refunded')) as kept
        from payments.ledger_entries where payment_id in (select id from payments.payments
               where provider_key in (select key from payments.simulated_charges))`.first(ctx.db)
        expect(sums).toMatchObject({ total: 0, promised: 0 })
        expect(sums!.at_provider).toBe(sums!.charged! - sums!.sent_back!)
        expect(sums!.at_provider).toBe(sums!.kept)
        const twice =
          await sql`select order_id from payments.simulated_charges c where succeeds
      and exists (select from payments.payments p where p.provider_key = c.key)
      group by order_id having count(*) > 1`.rows(ctx.db)
    expect(twice).toEqual([])
  }), { seed, numRuns: 12, interruptAfterTimeLimit: 20_000 })
}, 60_000)
