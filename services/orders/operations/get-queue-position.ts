import { queueTokenInvalid, type getQueuePosition as contract } from '@fermata/contracts/queue'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { positionIn } from '../queue-room.ts'
import { readToken } from '../queue-tokens.ts'
import { requireRoom } from '../require-room.ts'

/** What everybody in the room asks again and again: some hashing, no database. */
export const getQueuePosition: Operation<typeof contract> = async (ctx, { params, query }) => {
  const room = requireRoom(ctx, params.event_id)
  const token = readToken(room.keys, query.token)
  if (!token) throw new Problem(queueTokenInvalid, undefined, { extensions: params })
  return positionIn(room, token)
}
