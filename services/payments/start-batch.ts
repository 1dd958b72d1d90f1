import { getOrdersForPayment, type OrderForPayment } from '@fermata/contracts/orders'
import * as api from '@fermata/contracts/payments'
import { keyReused, notFound } from '@fermata/contracts/problems'
import type { Caller } from '@fermata/platform/caller'
import type { Tx } from '@fermata/platform/database'
import { uuidv7 } from '@fermata/platform/ids'
import {
  findIdempotencyKeys, insertIdempotencyKeys, type IdempotencyKey,
} from '@fermata/platform/message-queries'
import { Problem } from '@fermata/platform/problem'
import { joinTrace } from '@fermata/platform/tracing'
import { partRepeated, type Keyed, type RepeatedAnswers } from '@fermata/platform/repeated-keys'
import { ownsOrder } from './access.ts'
import type { Ctx } from './context.ts'
import { own_ms } from './just-started.ts'
import { presentStarted } from './payment-facts.ts'
import { findCurrentPayments, insertPayments, type NewPaymentRow } from './queries/payments.ts'

/** One wish to pay as it waits in the collector. */
export interface Start extends Keyed {
  caller: Caller
  body: api.NewPayment
  request_id: string
}

export type Started =
  | { kind: 'started', payment: api.Payment, replayed: boolean }
  | { kind: 'refused', problem: Problem }

interface Payable { start: Start, row: NewPaymentRow }

const answers: RepeatedAnswers<Started> = {
  replay: reply => ({ kind: 'started', payment: reply as api.Payment, replayed: true }),
  repeat: first => first.kind === 'started' ? { ...first, replayed: true } : first,
  reused: () => refuse(new Problem(keyReused)),
}

/**
 * Takes note of all payments that buyers wish to start: one question to orders and one transaction,
 * however many they are. Orders is asked before the transaction, which waits for nobody.
 * @returns the answer of each, in its place; nothing is said before it is durable
 */
export async function startBatch (ctx: Ctx, starts: Start[]): Promise<Started[]> {
  const used = await findIdempotencyKeys(ctx.db, ctx.service, keysOf(starts))
  const { fresh, answer } = partRepeated(starts, used, answers)
  const decided = new Map<Start, Started>()
  const payable: Payable[] = []
  const orders = await askOrders(ctx, fresh)
  for (const start of fresh) {
    const order = orders.get(start.body.order_id.toLowerCase())
    const problem = whyNotPayable(start.caller, order)
    if (problem) decided.set(start, refuse(problem))
    else payable.push({ start, row: toRow(start, order!) })
  }
  if (payable.length > 0) {
    const { justStarted, wake, lookNow } = ctx.resources
    const is_own = justStarted.hasRoom()
    const { told, stored } = await ctx.transaction(tx =>
      write(ctx, tx, payable, is_own ? own_ms : null))
    if (is_own) {
      justStarted.add(stored)
      wake()
    } else lookNow()
    for (const [start, started] of told) decided.set(start, started)
  }
  return answer(decided)
}

const keysOf = (starts: Start[]) => starts.flatMap(({ idempotency }) => idempotency ?? [])

async function askOrders (ctx: Ctx, starts: Start[]): Promise<Map<string, OrderForPayment>> {
  const order_ids = [...new Set(starts.map(({ body }) => body.order_id.toLowerCase()))]
  if (order_ids.length === 0) return new Map()
  // One of those who ask stands for all in the logs of orders.
  const request = { body: { order_ids }, request_id: starts[0]!.request_id }
  const { items } = await ctx.call(getOrdersForPayment, request)
  return new Map(items.map(order => [order.id, order]))
}

function whyNotPayable (caller: Caller, order: OrderForPayment | undefined): Problem | null {
  if (!order || !ownsOrder(caller, order)) return new Problem(notFound)
  if (order.status !== 'pending' || order.total_minor === 0) return notPayable(order.status)
  return null
}

function toRow ({ body, request_id }: Start, order: OrderForPayment): NewPaymentRow {
  const id = uuidv7()
  return {
    id, order_id: order.id, order_code: order.code, event_id: order.event_id,
    event_title: order.event_title, organizer_id: order.organizer_id, user_id: order.user_id,
    buyer: order.buyer, provider: body.provider, method: body.method,
    amount_minor: order.total_minor, currency: order.currency, provider_key: `payment_${id}`,
    hold_ends_at: order.expires_at, request_id: joinTrace(request_id, order.traced_as),
  }
}

/**
 * Payments and keys commit together; who finds the order taken learns by whom.
 * @param own_for_ms how long what is stored is this process's to ask about; null: anybody's
 */
async function write (
  ctx: Ctx, tx: Tx, payable: Payable[], own_for_ms: number | null
): Promise<{ told: [Start, Started][], stored: NewPaymentRow[] }> {
  const rows = payable.map(({ row }) => row)
  const times = new Map((await insertPayments(tx, rows, own_for_ms))
    .map(({ id, created_at }) => [id, created_at]))
  const told: [Start, Started][] = []
  const keys: IdempotencyKey[] = []
  for (const { start, row } of payable) {
    const created_at = times.get(row.id)
    if (created_at === undefined) continue
    const payment = presentStarted(row, created_at)
    told.push([start, { kind: 'started', payment, replayed: false }])
    if (start.idempotency) keys.push({ ...start.idempotency, reply: payment })
  }
  if (keys.length > 0) await insertIdempotencyKeys(tx, ctx.service, keys)
  const others = payable.filter(({ row }) => !times.has(row.id))
  if (others.length > 0) told.push(...await explain(ctx, tx, others))
  return { told, stored: rows.filter(row => times.has(row.id)) }
}

/**
 * The order has a payment already. It may be that of the same key, which another process has
 * started a moment ago: then its answer is ours.
 */
async function explain (ctx: Ctx, tx: Tx, others: Payable[]): Promise<[Start, Started][]> {
  const current = new Map((await findCurrentPayments(tx, others.map(({ row }) => row.order_id)))
    .map(row => [row.order_id, row]))
  const starts = others.map(({ start }) => start)
  const used = await findIdempotencyKeys(tx, ctx.service, keysOf(starts))
  const { fresh, answer } = partRepeated(starts, used, answers)
  const told = answer(new Map(fresh.map(start =>
    [start, refuse(whyNot(current.get(start.body.order_id.toLowerCase())))])))
  return starts.map((start, index) => [start, told[index]!])
}

const refuse = (problem: Problem): Started => ({ kind: 'refused', problem })

const notPayable = (order_status: string) =>
  new Problem(api.orderNotPayable, `The order is ${order_status}.`, { extensions: { order_status } })

/** Our own row may know more than orders did a moment ago. */
function whyNot (current: { id: string, status: api.PaymentStatus } | undefined): Problem {
  if (!current) return notPayable('expired')
  if (current.status !== 'pending') {
    return notPayable(current.status === 'refunded' ? 'refunded' : 'completed')
  }
  return new Problem(api.paymentUnderWay, undefined, { extensions: { payment_id: current.id } })
}
