import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import type { Room } from './queue-room.ts'

/**
 * The waiting room of an event, from memory.
 * @throws Problem 404 where there is none, or it is switched off
 */
export function requireRoom (ctx: Ctx, event_id: string): Room {
  const room = ctx.resources.rooms.get(event_id)
  if (!room) throw new Problem(notFound, 'This event has no waiting room.')
  return room
}
