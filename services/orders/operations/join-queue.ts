import { invalid, notFound } from '@fermata/contracts/problems'
import {
  alreadyJoined, joinPaced, joinPriced, networkFull, queueClosed, type joinQueue as contract,
} from '@fermata/contracts/queue'
import { userIdOf } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { lineNetwork } from '../counted-askers.ts'
import { effortOf, offerTo, type Payment } from '../queue-challenge.ts'
import type { Joined } from '../queue-joins.ts'
import { nowIn, positionIn, stateOf, type Room } from '../queue-room.ts'
import { bindingOf, idOf, isBound, nameOf, readToken, signToken } from '../queue-tokens.ts'
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
  const user_id = userIdOf(caller)
  const binding = bindingOf(body.visitor, user_id)
  // A place that was missed is left once for a new one; else each visitor and account has one.
  const names = known ? [nameOf(room.keys, 'again', known.id)]
    : [binding, bindingOf(undefined, user_id)].filter(isBound)
      .map(bytes => nameOf(room.keys, 'who', bytes))
  const joined = await ctx.resources.rooms.joins.add(event_id, {
    binding, names, id: names[0] === undefined ? null : idOf(room.keys, names[0], binding),
    network: lineNetwork(ctx.resources.networkKey, event_id, ip),
    effort: effortOf(room.keys, body, binding, nowIn(room)),
  })
  if (joined.kind !== 'joined') throw refusalOf(room, joined, binding, body)
  return { token: signToken(room.keys, joined.place), ...positionIn(room, joined.place) }
}

const closed = (event_id: string, reason: string) =>
  new Problem(queueClosed, undefined, { extensions: { event_id, reason } })

function refusalOf (
  room: Room, joined: Exclude<Joined, { kind: 'joined' }>, binding: Buffer, payment: Payment
): Problem {
  const { event_id } = room.row
  switch (joined.kind) {
    case 'off': return new Problem(notFound, 'This event has no waiting room.')
    case 'full': return closed(event_id, 'full')
    case 'known':
      return new Problem(alreadyJoined,
        'One visitor has one place. It is in the browser, or the program, that joined.',
        { extensions: { event_id } })
    case 'network_full':
      return new Problem(networkFull,
        `${joined.limit} places were given to your network. Join from another one, such as a phone's.`,
        { extensions: { event_id, limit: joined.limit } })
    case 'paced':
      return new Problem(joinPaced, 'Send the same again in a moment.', {
        extensions: { event_id },
        headers: { 'retry-after': String(Math.ceil(joined.retry_ms / 1000)) } })
    case 'priced': return price(room, joined.bits, binding, payment)
  }
}

function price (room: Room, bits: number, binding: Buffer, payment: Payment): Problem {
  if (!isBound(binding)) {
    return new Problem(invalid, 'Many people join from your network, so a join has a price.', {
      extensions: { errors: [{ field: 'visitor', message: 'must name who pays it' }] } })
  }
  const offer = offerTo(room.keys, payment, binding, bits, nowIn(room))
  return new Problem(joinPriced,
    'Find the nonce of the challenge, or send the challenge again when the time is over.', {
      extensions: { event_id: room.row.event_id, ...offer },
      headers: { 'retry-after': String(offer.wait_seconds) } })
}
