import * as api from '@fermata/contracts/notifications'
import { notFound } from '@fermata/contracts/problems'
import { pageOf, readCursor } from '@fermata/platform/paging'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { findDelivery, listDeliveryRows, reviveDelivery } from '../queries/deliveries.ts'

/** What was sent, waits or failed, newest first: its fate, not its words. */
export const listDeliveries: Operation<typeof api.listDeliveries> = async (ctx, { query }) => {
  const after = readCursor<{ id: string }>(query.cursor, ['id'])
  const rows = await listDeliveryRows(ctx.db, {
    ...query, after: after?.id ?? null, limit: query.limit! + 1,
  })
  return pageOf(rows, query.limit!, ({ id }) => ({ id }), row => row)
}

/** Sends a failed delivery again, with a full round of tries. */
export const retryDelivery: Operation<typeof api.retryDelivery> = async (ctx, { params }) => {
  const revived = await reviveDelivery(ctx.db, params.id)
  if (revived) return revived
  const delivery = await findDelivery(ctx.db, params.id)
  if (!delivery) throw new Problem(notFound)
  const { status } = delivery
  throw new Problem(api.notRetryable,
    status === 'dead' ? 'Its words were removed, because links in them have ended.' : undefined,
    { extensions: { delivery_status: status } })
}
