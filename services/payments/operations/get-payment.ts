import type * as api from '@fermata/contracts/payments'
import { visiblePayment } from '../access.ts'
import type { Operation } from '../context.ts'
import { presentPayment } from '../payment-facts.ts'

/** One payment. Somebody else's does not exist for the caller. */
export const getPayment: Operation<typeof api.getPayment> = async (ctx, { params, caller, id }) =>
  presentPayment(await visiblePayment(ctx, caller, params.id, id))
