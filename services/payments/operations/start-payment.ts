import type * as api from '@fermata/contracts/payments'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import { reply } from '@fermata/platform/service'
import type { Operation } from '../context.ts'

/**
 * Takes note that an order is to be paid, together with all who wish to pay at this moment
 * (start-batch.ts). Amount and currency are the order's. The provider is asked in the background
 * under a key that is stored here, so whatever dies in between, it is asked about the same charge
 * again.
 */
export const startPayment: Operation<typeof api.startPayment> = async (
  ctx, { caller, body, id: request_id, idempotency }
) => {
  if (caller.kind === 'order' && caller.order_id !== body.order_id) throw new Problem(notFound)
  const started = await ctx.resources.desk.add('payments', {
    caller, body, request_id, idempotency,
  })
  if (started.kind === 'refused') throw started.problem
  const { payment, replayed } = started
  return replayed ? reply(payment, { headers: { 'idempotency-replayed': 'true' } }) : payment
}
