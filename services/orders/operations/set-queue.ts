import { randomBytes } from 'node:crypto'
import { queueDrawn, type setQueue as contract } from '@fermata/contracts/queue'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { requireManagedEvent } from '../managed-event.ts'
import { presentQueue } from '../present-queue.ts'
import { lockEvents } from '../queries/events.ts'
import { findQueue, storeQueue } from '../queries/queue.ts'

/**
 * Two cores write about 200 pages a second, and who chooses or pays asks for one every ten seconds.
 */
const default_max_in_checkout = 2000
/**
 * Long enough to read prices and talk to a friend; then the next in line should have the chance.
 */
const default_pass_minutes = 10

/** A family, or some who share an office: nobody of them notices that joins can have a price. */
const default_free_joins = 20
/** Several schools, or part of a town whose phones share an address. */
const default_max_joins = 2000

const defaults = {
  max_in_checkout: default_max_in_checkout, pass_seconds: default_pass_minutes * 60,
  free_joins_per_network: default_free_joins, max_joins_per_network: default_max_joins,
}

/**
 * Switches a waiting room on or off. Its key is made with it, so its hash is public before anybody
 * joins.
 */
export const setQueue: Operation<typeof contract> = async (ctx, { params, body, caller, id }) => {
  const { event_id } = params
  await requireManagedEvent(ctx, caller, event_id, id)
  const row = await ctx.transaction(async tx => {
    // Two who set it up at once take turns, and the sale of a running batch ends first.
    await lockEvents(tx, [event_id])
    const known = await findQueue(tx, event_id)
    if (known?.drawn_at && Date.parse(known.opens_at) !== Date.parse(body.opens_at)) {
      throw new Problem(queueDrawn, undefined, { extensions: { drawn_at: known.drawn_at } })
    }
    return storeQueue(tx, {
      event_id, enabled: body.enabled, opens_at: body.opens_at,
      max_in_checkout: body.max_in_checkout ?? null,
      pass_seconds: body.pass_minutes === undefined ? null : body.pass_minutes * 60,
      free_joins_per_network: body.free_joins_per_network ?? null,
      max_joins_per_network: body.max_joins_per_network ?? null,
      defaults, draw_key: randomBytes(32),
    })
  })
  await ctx.resources.rooms.refresh(event_id)
  return presentQueue(row)
}
