import type * as api from '@fermata/contracts/orders'
import type { Operation } from '../context.ts'
import { findPayable } from '../queries/orders.ts'

/** What the payments service must know to charge orders: one question, however many they are. */
export const getOrdersForPayment: Operation<typeof api.getOrdersForPayment> = async (
  ctx, { body }
) => ({ items: await findPayable(ctx.db, body.order_ids) })
