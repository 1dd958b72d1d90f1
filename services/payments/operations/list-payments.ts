import type * as api from '@fermata/contracts/payments'
import { pageOf, readCursor } from '@fermata/platform/paging'
import { maySee } from '../access.ts'
import type { Operation } from '../context.ts'
import { presentPayment } from '../payment-facts.ts'
import { listOfOrder } from '../queries/payments.ts'

/**
 * Payments of an order, newest first. A stranger gets the empty page of an order without payments:
 * the two must not be told apart.
 */
export const listPayments: Operation<typeof api.listPayments> = async (ctx, request) => {
  const { query, caller, id } = request
  const limit = query.limit ?? 20
  const after = readCursor<{ id: string }>(query.cursor, ['id'])
  const rows = await listOfOrder(ctx.db, {
    order_id: query.order_id, after: after?.id ?? null, limit: limit + 1,
  })
  const visible = rows[0] && await maySee(ctx, caller, rows[0], id)
  return pageOf(visible ? rows : [], limit, row => ({ id: row.id }), presentPayment)
}
