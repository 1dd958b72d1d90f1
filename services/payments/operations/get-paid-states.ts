import type * as api from '@fermata/contracts/payments'
import type { Operation } from '../context.ts'
import { findPaidStates } from '../queries/payments.ts'

/** What orders tells the door about the money of orders. */
export const getPaidStates: Operation<typeof api.getPaidStates> = async (ctx, { body }) =>
  ({ items: await findPaidStates(ctx.db, body.order_ids) })
