import type { getFairShares as contract } from '@fermata/contracts/orders'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { requireManagedEvent } from '../managed-event.ts'
import { presentShares } from '../present-shares.ts'
import { findShares } from '../queries/fair-shares.ts'

/** The shares of an event, for who manages it. */
export const getFairShares: Operation<typeof contract> = async (ctx, { params, caller, id }) => {
  await requireManagedEvent(ctx, caller, params.event_id, id)
  const row = await findShares(ctx.db, params.event_id)
  if (!row) throw new Problem(notFound)
  return presentShares(row)
}
