import type * as api from '@fermata/contracts/payments'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import { maySee } from '../access.ts'
import type { Operation } from '../context.ts'
import { presentPayment } from '../payment-facts.ts'
import { findPayment } from '../queries/payments.ts'

/** One payment. Somebody else's does not exist for the caller. */
export const getPayment: Operation<typeof api.getPayment> = async (ctx, { params, caller, id }) => {
  const row = await findPayment(ctx.db, params.id)
  if (!row || !await maySee(ctx, caller, row, id)) throw new Problem(notFound)
  return presentPayment(row)
}
