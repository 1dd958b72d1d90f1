import * as api from '@fermata/contracts/notifications'
import { notFound } from '@fermata/contracts/problems'
import { pageOf, readCursor } from '@fermata/platform/paging'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { deliveryKey } from '../notify.ts'
import { findDelivery, listDeliveryRows, reviveDelivery, type DeliveryRow } from '../queries.ts'

/** What administrators see of a delivery: its fate, not its words. */
export function presentDelivery ({ content: _, attach_order_id: __, locale: ___, ...delivery }: DeliveryRow): api.Delivery {
  return delivery as api.Delivery
}

/** What was sent, waits or failed, newest first. */
export const listDeliveries: Operation<typeof api.listDeliveries> = async (ctx, { query }) => {
  const after = readCursor<{ id: string }>(query.cursor, ['id'])
  const rows = await listDeliveryRows(ctx.db, { ...query, after: after?.id ?? null, limit: query.limit! + 1 })
  return pageOf(rows, query.limit!, ({ id }) => ({ id }), presentDelivery)
}

/** Sends a failed delivery again, with a full round of tries. */
export const retryDelivery: Operation<typeof api.retryDelivery> = async (ctx, { params }) => {
  const delivery = await findDelivery(ctx.db, params.id)
  if (!delivery) throw new Problem(notFound)
  await ctx.transaction(async tx => {
    if (!await reviveDelivery(tx, params.id)) {
      throw new Problem(api.notRetryable, undefined, { extensions: { delivery_status: delivery.status } })
    }
    await ctx.addJob(tx, 'deliver', { delivery_id: params.id }, { key: deliveryKey(params.id) })
  })
  return presentDelivery((await findDelivery(ctx.db, params.id))!)
}
