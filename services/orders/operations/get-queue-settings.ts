import { notFound } from '@fermata/contracts/problems'
import type { getQueueSettings as contract } from '@fermata/contracts/queue'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { requireManagedEvent } from '../managed-event.ts'
import { presentQueue } from '../present-queue.ts'
import { findQueue } from '../queries/queue.ts'

/** The room as who manages the event sees it, on or off. */
export const getQueueSettings: Operation<typeof contract> = async (ctx, { params, caller, id }) => {
  await requireManagedEvent(ctx, caller, params.event_id, id)
  const row = await findQueue(ctx.db, params.event_id)
  if (!row) throw new Problem(notFound, 'This event never had a waiting room.')
  return presentQueue(row)
}
