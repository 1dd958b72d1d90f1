import * as api from '@fermata/contracts/payments'
import { notFound } from '@fermata/contracts/problems'
import { isConfirmed, personOf, requireConfirmed, type Caller } from '@fermata/platform/caller'
import type { Tx } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import { requireManager } from '../access.ts'
import type { Ctx, Operation } from '../context.ts'
import { presentPayment } from '../payment-facts.ts'
import { findPayment, lockPayments } from '../queries/payments.ts'
import { sumAskedFor } from '../queries/refunds.ts'
import { nextStatus, refundAction } from '../rules/payment-states.ts'
import { giveBack } from './give-back.ts'

/** An organiser or administrator gives money back: all that is left, or the amount named. */
export const refundPayment: Operation<typeof api.refundPayment> = async (ctx, request) => {
  const { params, body, caller } = request
  const found = await findPayment(ctx.db, params.id)
  if (!found) throw new Problem(notFound)
  await requireManager(ctx, caller, found.order_id, request.id)
  const { user_id } = personOf(caller)

  const refunded = await ctx.write(request, async tx => {
    const [payment] = await lockPayments(tx, [params.id])
    if (!payment) throw new Problem(notFound)
    if (!nextStatus(payment.status, 'refund_part')) {
      throw new Problem(api.wrongState, `The payment is ${payment.status}.`,
        { extensions: { payment_status: payment.status } })
    }
    const left_minor = payment.amount_minor - payment.refunded_minor
    const amount_minor = body.amount_minor ?? left_minor
    if (!refundAction(left_minor, amount_minor)) {
      throw new Problem(api.refundTooLarge, undefined,
        { extensions: { refundable_minor: left_minor, currency: payment.currency } })
    }
    await confirmLarge(ctx, tx, caller, { amount_minor, currency: payment.currency })
    const wanted = { payment, amount_minor, reason: body.reason ?? null, requested_by: user_id,
      request_id: request.id }
    const [row] = await giveBack(ctx, tx, [wanted])
    return presentPayment(row!)
  })
  ctx.resources.lookNow()
  return refunded
}

/**
 * A login that was stolen or left open gives little back. Refunds of an hour add up: what is too
 * much in one piece is too much in ten.
 * @throws Problem `request/step-up-needed`
 */
async function confirmLarge (
  ctx: Ctx, tx: Tx, caller: Caller, refund: { amount_minor: number, currency: string },
): Promise<void> {
  if (isConfirmed(caller)) return
  const before_minor = await sumAskedFor(tx, personOf(caller).user_id, refund.currency)
  const limit_minor = ctx.settings.REFUND_STEP_UP_MINOR
  if (before_minor + refund.amount_minor > limit_minor) requireConfirmed(caller)
}
