import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import type { Room } from './queue-room.ts'

/**
 * The waiting room of an event, from memory. One that is not there may have been switched on by
 * another process within this second, so the database is asked before anybody is sent away.
 * @throws Problem 404 where there is none, or it is switched off
 */
export async function requireRoom (ctx: Ctx, event_id: string): Promise<Room> {
  const { rooms } = ctx.resources
  if (!rooms.get(event_id)) await rooms.refresh(event_id)
  const room = rooms.get(event_id)
  if (!room) throw new Problem(notFound, 'This event has no waiting room.')
  return room
}
