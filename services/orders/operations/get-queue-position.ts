import { queueTokenInvalid, type getQueuePosition as contract } from '@fermata/contracts/queue'
import { earlyJson, type Asked, type EarlyAnswer } from '@fermata/platform/early-answers'
import { Problem } from '@fermata/platform/problem'
import { reply } from '@fermata/platform/service'
import type { Ctx, Operation } from '../context.ts'
import { positionIn } from '../queue-room.ts'
import { readToken } from '../queue-tokens.ts'
import { requireRoom } from '../require-room.ts'

/** It may hold the pass, which is for one visitor and true for a moment. */
const headers = { 'cache-control': 'no-store' }

/** What everybody in the room asks again and again: some hashing, no database. */
export const getQueuePosition: Operation<typeof contract> = async (ctx, { params, query }) => {
  const room = await requireRoom(ctx, params.event_id)
  const token = readToken(room.keys, query.token)
  if (!token) throw new Problem(queueTokenInvalid, undefined, { extensions: params })
  return reply(positionIn(room, token), { headers })
}

const parameter = 'token='

/** A position before anything else is done: the token says all there is to know of who asks. */
export function getQueuePositionEarly (ctx: Ctx, { id, query }: Asked): EarlyAnswer | null {
  const room = ctx.resources.rooms.get(id)
  if (!room || !query.startsWith(parameter)) return null
  const token = readToken(room.keys, query.slice(parameter.length))
  return token && earlyJson(JSON.stringify(positionIn(room, token)), headers)
}
