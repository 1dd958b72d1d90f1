import * as api from '@fermata/contracts/payments'
import { Problem } from '@fermata/platform/problem'
import { visiblePayment } from '../access.ts'
import type { Operation } from '../context.ts'
import { presentPayment } from '../payment-facts.ts'
import { findPayment } from '../queries/payments.ts'
import { settlePayments } from './settle-payments.ts'

/** Passes the buyer's second step on to a provider that waits for one. */
export const confirmPayment: Operation<typeof api.confirmPayment> = async (ctx, request) => {
  const { params, caller, id: request_id } = request
  const row = await visiblePayment(ctx, caller, params.id, request_id)
  if (row.status !== 'pending') {
    throw new Problem(api.wrongState, undefined, { extensions: { payment_status: row.status } })
  }
  const provider = ctx.resources.providers[row.provider]
  if (!row.needs_confirmation || !provider.confirm) throw new Problem(api.nothingToConfirm)
  const outcome = await provider.confirm(row.provider_key)
  await ctx.transaction(tx => settlePayments(ctx, tx, new Map([[row.id, outcome]])))
  ctx.resources.lookNow()
  return presentPayment((await findPayment(ctx.db, params.id))!)
}
