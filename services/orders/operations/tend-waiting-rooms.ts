import type { Ctx } from '../context.ts'
import { closeDraw, countCheckout, lockQueue, readLockedQueue, storeStep } from '../queries/queue.ts'
import { nowIn, type Room } from '../queue-room.ts'
import { admit } from '../rules/admission.ts'

/** Replicas share the work: who finds that another has just moved the number leaves it. */
const min_step_seconds = 0.5

/**
 * Once a second: opens what is due, lets people in, and reads all rooms anew for the answers of the
 * next second.
 */
export async function tendWaitingRooms (ctx: Ctx): Promise<void> {
  const { rooms } = ctx.resources
  await rooms.refresh()
  let moved = false
  for (const room of rooms.all()) {
    if (hasWork(room)) moved = await advance(ctx, room) || moved
  }
  if (moved) await rooms.refresh()
}

/**
 * A room where nobody waits and nobody buys costs nothing. That of a draft is not drawn: nobody
 * could join it, and an opening that was mistyped may still be mended.
 */
function hasWork (room: Room): boolean {
  const { row } = room
  if (row.drawn_at === null) return row.status !== 'draft' && room.opens_ms <= nowIn(room)
  return row.joined > row.admitted_up_to || row.in_checkout > 0 || row.admitted_per_second > 0.001
}

/**
 * Opens the room when its time has come, and moves the number by one step. Everything it needs is
 * in the database.
 */
function advance (ctx: Ctx, { row: { event_id, available, status } }: Room): Promise<boolean> {
  return ctx.transaction(async tx => {
    if (!await lockQueue(tx, event_id, false)) return false
    const queue = await readLockedQueue(tx, event_id)
    if (queue.drawn_at === null) {
      if (!queue.is_due) return false
      await closeDraw(tx, event_id)
    }
    if (queue.seconds !== null && queue.seconds < min_step_seconds) return false
    const { choosing, paying } = await countCheckout(tx, event_id, queue.pass_seconds)
    const waiting = status === 'published' ? queue.joined - queue.admitted_up_to : 0
    const measured = { waiting, choosing, paying, available, seconds: queue.seconds }
    const step = admit(measured, queue, queue.max_in_checkout)
    await storeStep(tx, { event_id, now: queue.now, ...step })
    return true
  })
}
