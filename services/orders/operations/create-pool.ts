import type * as api from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import type { Operation } from '../context.ts'
import { requireManagedEvent } from '../managed-event.ts'
import { lockEvents } from '../queries/events.ts'
import { insertSharedPool, listSharedPools } from '../queries/stock.ts'
import { invalidField } from '../ticket-type-checks.ts'
import { refuseClosed } from './create-ticket-type.ts'

/** The list of pools is one page, and a type draws from five at most. */
const max_pools_per_event = 100

/** Adds stock that several ticket types share, such as a room for adults and children. */
export const createPool: Operation<typeof api.createPool> = async (ctx, request) => {
  const { event_id, name, capacity } = request.body
  refuseClosed(await requireManagedEvent(ctx, request.caller, event_id, request.id))
  return ctx.write(request, async tx => {
    await lockEvents(tx, [event_id])
    if ((await listSharedPools(tx, event_id)).length >= max_pools_per_event) {
      throw invalidField('event_id', `has ${max_pools_per_event} pools, which is the most`)
    }
    return insertSharedPool(tx, { id: uuidv7(), event_id, name, capacity })
  })
}
