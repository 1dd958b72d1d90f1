import { paymentRefunded } from '@fermata/contracts/payments'
import type { Tx } from '@fermata/platform/database'
import { uuidv7 } from '@fermata/platform/ids'
import type { Ctx } from '../context.ts'
import { factsOf } from '../payment-facts.ts'
import { insertLedgerEntries } from '../queries/ledger.ts'
import { changePayments, type PaymentRow } from '../queries/payments.ts'
import { insertRefunds } from '../queries/refunds.ts'
import { entriesOf } from '../rules/ledger.ts'
import { nextStatus, refundAction } from '../rules/payment-states.ts'

export interface Wanted {
  /** Locked by the caller's transaction, so that two refunds never promise the same money. */
  payment: PaymentRow
  amount_minor: number
  reason: string | null
  requested_by: string | null
  /** What caused it. */
  request_id: string | null
}

/**
 * Promises money back: refund, state, ledger and event in one transaction; each payment at most
 * once in a call. From here on it is the buyer's, and the provider is asked until it has sent it.
 * @returns the payments as they became
 */
export async function giveBack (ctx: Ctx, tx: Tx, wanted: Wanted[]): Promise<PaymentRow[]> {
  if (wanted.length === 0) return []
  const refunds = wanted.map(({ payment, ...rest }) => {
    const id = uuidv7()
    return { id, payment_id: payment.id, provider_key: `refund_${id}`, ...rest }
  })
  const changed = await changePayments(tx, wanted.map(({ payment, amount_minor }) => {
    const action = refundAction(payment.amount_minor - payment.refunded_minor, amount_minor)
    const status = action && nextStatus(payment.status, action)
    if (!status) throw new Error(`Payment ${payment.id} cannot give back ${amount_minor}`)
    return { id: payment.id, status, refund_minor: amount_minor }
  }))
  const rows = new Map(changed.map(row => [row.id, row]))
  await insertRefunds(tx, refunds)
  await insertLedgerEntries(tx, entriesOf(refunds.map(({ payment_id, amount_minor }) => ({
    transaction_id: uuidv7(), payment_id, kind: 'refund_promised', amount_minor,
    currency: rows.get(payment_id)!.currency }))))
  const now = new Date().toISOString()
  await ctx.publish(tx, paymentRefunded, refunds.map(refund => {
    const row = rows.get(refund.payment_id)!
    return {
      ...factsOf(row), refund_id: refund.id, refund_minor: refund.amount_minor,
      refunded_minor: row.refunded_minor, refunded_at: row.refunded_at ?? now,
      reason: refund.reason,
    }
  }), refunds.map(refund => refund.request_id))
  return changed
}

/** Gives back whatever is left of payments that have taken money. */
export const refundRest = (
  ctx: Ctx, tx: Tx, rows: PaymentRow[], reasonOf: (row: PaymentRow) => string
) => giveBack(ctx, tx, rows.filter(row => nextStatus(row.status, 'refund_rest')).map(row => ({
  payment: row, amount_minor: row.amount_minor - row.refunded_minor, reason: reasonOf(row),
  requested_by: null, request_id: row.request_id })))
