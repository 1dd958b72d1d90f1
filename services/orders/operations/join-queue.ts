import { notFound } from '@fermata/contracts/problems'
import { queueClosed, type joinQueue as contract } from '@fermata/contracts/queue'
import { userIdOf } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { lineNetwork } from '../counted-askers.ts'
import { positionIn, stateOf } from '../queue-room.ts'
import { bindingOf, readToken, signToken } from '../queue-tokens.ts'
import { requireRoom } from '../require-room.ts'

/**
 * Gives a place in the waiting room. Nobody becomes a row: the visitor carries a signed token, and
 * ids are appended in batches (queue-joins.ts).
 */
export const joinQueue: Operation<typeof contract> = async (ctx, { params, body, caller, ip }) => {
  const { event_id } = params
  const room = await requireRoom(ctx, event_id)
  const known = body.token === undefined ? null : readToken(room.keys, body.token)
  if (known) {
    const position = positionIn(room, known)
    if (position.status !== 'missed') return { token: body.token!, ...position }
  }
  const state = stateOf(room)
  if (state === 'sold_out' || state === 'closed') throw closed(event_id, state)
  const binding = bindingOf(body.visitor, userIdOf(caller))
  const joined = await ctx.resources.rooms.joins.add(event_id,
    { binding, network: lineNetwork(ctx.resources.networkKey, event_id, ip) })
  if (joined.kind === 'off') throw new Problem(notFound, 'This event has no waiting room.')
  if (joined.kind === 'full') throw closed(event_id, 'full')
  return { token: signToken(room.keys, joined.place), ...positionIn(room, joined.place) }
}

const closed = (event_id: string, reason: string) =>
  new Problem(queueClosed, undefined, { extensions: { event_id, reason } })
