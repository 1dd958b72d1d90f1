import type { setFairShares as contract } from '@fermata/contracts/orders'
import type { Operation } from '../context.ts'
import { requireManagedEvent } from '../managed-event.ts'
import { presentShares } from '../present-shares.ts'
import { lockEvents } from '../queries/events.ts'
import { storeShares } from '../queries/fair-shares.ts'

/** Behind the event's lock, so that every sale after the answer goes by it. */
export const setFairShares: Operation<typeof contract> = async (
  ctx, { params: { event_id }, body, caller, id }
) => {
  await requireManagedEvent(ctx, caller, event_id, id)
  return ctx.transaction(async tx => {
    await lockEvents(tx, [event_id])
    const { network_share_percent = null, max_per_buyer } = body
    return presentShares(await storeShares(tx, event_id, { network_share_percent,
      // A limit that is left out stays, and none is stored as zero.
      max_per_buyer: max_per_buyer === undefined ? null : max_per_buyer ?? 0 }))
  })
}
