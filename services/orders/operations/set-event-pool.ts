import * as api from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { ensureEvent, lockEvents } from '../queries/events.ts'
import { deletePool, findEventPool, insertEventPool, setCapacity } from '../queries/stock.ts'

/**
 * Sets, changes or lifts the limit of the whole event. It may be set before anything else is known
 * of the event.
 */
export const setEventPool: Operation<typeof api.setEventPool> =
  (ctx, { params: { event_id }, body: { capacity } }) =>
  ctx.transaction(async tx => {
    await ensureEvent(tx, event_id)
    await lockEvents(tx, [event_id])
    const { pool_id, held, sold } = await findEventPool(tx, event_id)
    if (capacity === null) {
      if (pool_id) await deletePool(tx, pool_id)
    } else {
      if (capacity < held + sold) {
        throw new Problem(api.capacityTooSmall, undefined, { extensions: { held, sold } })
      }
      if (pool_id) await setCapacity(tx, pool_id, capacity)
      else await insertEventPool(tx, { id: uuidv7(), event_id, capacity, held, sold })
    }
    return { capacity, held, sold }
  })
