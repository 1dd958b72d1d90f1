import type * as api from '@fermata/contracts/orders'
import type { Operation } from '../context.ts'
import { requireOrder } from '../order-access.ts'
import { presentOrder } from '../present-order.ts'

/** One order, for its buyer and for who manages its event. */
export const getOrder: Operation<typeof api.getOrder> = async (ctx, { params, caller }) =>
  presentOrder((await requireOrder(ctx, caller, params.id)).order)
