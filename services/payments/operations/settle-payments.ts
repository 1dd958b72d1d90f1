import { paymentFailed, paymentSucceeded } from '@fermata/contracts/payments'
import type { Tx } from '@fermata/platform/database'
import { uuidv7 } from '@fermata/platform/ids'
import type { Ctx } from '../context.ts'
import { factsOf } from '../payment-facts.ts'
import type { ChargeOutcome } from '../provider.ts'
import { insertLedgerEntries } from '../queries/ledger.ts'
import {
  changePayments, findEndedOrders, lockStates, postponePayments, type PaymentChange,
  type PaymentRow, type Postponed,
} from '../queries/payments.ts'
import { entriesOf } from '../rules/ledger.ts'
import { nextStatus } from '../rules/payment-states.ts'
import { refundRest } from './give-back.ts'

/**
 * Writes down what a provider decided: state, ledger and event in one transaction. What was settled
 * before stays as it is, so an answer that comes twice counts once.
 * @param outcomes by payment id
 */
export async function settlePayments (
  ctx: Ctx, tx: Tx, outcomes: Map<string, ChargeOutcome>
): Promise<void> {
  const changes: PaymentChange[] = []
  const postponed: Postponed[] = []
  for (const { id, status } of await lockStates(tx, [...outcomes.keys()])) {
    const outcome = outcomes.get(id)!
    if (outcome.status === 'pending') {
      postponed.push({ id, ...outcome })
      continue
    }
    const next = nextStatus(status, outcome.status === 'succeeded' ? 'succeed' : 'fail')
    const failure = outcome.status === 'failed' ? outcome.failure : undefined
    if (next) changes.push({ id, status: next, reference: outcome.reference, failure })
  }
  if (postponed.length > 0) await postponePayments(tx, postponed)
  if (changes.length === 0) return
  const changed = await changePayments(tx, changes)
  await afterFailure(ctx, tx, changed.filter(row => row.status === 'failed'))
  await afterSuccess(ctx, tx, changed.filter(row => row.status === 'succeeded'))
}

/** Tells that payments failed; shared by those whose order ended before the provider was asked. */
export async function afterFailure (ctx: Ctx, tx: Tx, rows: PaymentRow[]): Promise<void> {
  await ctx.publish(tx, paymentFailed, rows.map(row =>
    ({ ...factsOf(row), failed_at: row.failed_at!, failure: row.failure! })),
  rows.map(row => row.request_id))
}

async function afterSuccess (ctx: Ctx, tx: Tx, rows: PaymentRow[]): Promise<void> {
  if (rows.length === 0) return
  await insertLedgerEntries(tx, entriesOf(rows.map(({ id, amount_minor, currency }) => ({
    transaction_id: uuidv7(), payment_id: id, kind: 'payment_succeeded', amount_minor, currency }))))
  await ctx.publish(tx, paymentSucceeded, rows.map(row =>
    ({ ...factsOf(row), succeeded_at: row.succeeded_at! })), rows.map(row => row.request_id))
  const ended = await findEndedOrders(tx, rows.map(row => row.order_id))
  const reasons = new Map(ended.map(({ order_id, reason }) => [order_id, reason]))
  await refundRest(ctx, tx, rows.filter(row => reasons.has(row.order_id)),
    row => reasons.get(row.order_id)!)
}
