import { storedAddress } from '@fermata/contracts/mailboxes'
import { createHash } from 'node:crypto'
import type { NewOrder } from '@fermata/contracts/orders'
import { notYourTurn, queuePassInvalid, queuePassNeeded } from '@fermata/contracts/queue'
import { userIdOf, type Caller } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import { nowIn, stateOf } from './queue-room.ts'
import { bindingOf, isBound, readPass, readToken, type Pass } from './queue-tokens.ts'
import { orders_per_pass, type PassForSale } from './rules/pass-uses.ts'

/**
 * Turns away who has no turn, before anything else is done for them: some hashing, no database. How
 * often a pass was used, the sale finds out behind the event's lock; and there a request with a key
 * that was answered in time gets that answer again, though its pass has expired since.
 * @returns null where this process knows of no waiting room; the sale looks again
 */
export function checkPass (
  ctx: Ctx, body: NewOrder, caller: Caller, has_key: boolean
): PassForSale | null {
  const { event_id, queue_pass, queue_visitor } = body
  const room = ctx.resources.rooms.get(event_id)
  // What is over or canceled says so itself.
  if (!room || stateOf(room) === 'closed') return null
  if (queue_pass === undefined) throw refusePass(event_id, 'needed')
  const pass = readPass(room.keys, queue_pass)
  if (!pass) {
    if (readToken(room.keys, queue_pass)) {
      throw new Problem(notYourTurn, 'This is a place in the line, not a pass. Ask for its position.',
        { extensions: { event_id } })
    }
    throw refusePass(event_id, 'unknown')
  }
  const has_expired = pass.expires_ms <= nowIn(room)
  if (has_expired && !has_key) throw refusePass(event_id, 'expired')
  if (isBound(pass.binding) && !belongsTo(pass, queue_visitor, userIdOf(caller))) {
    throw refusePass(event_id, 'another_buyer')
  }
  const buyer = isBound(pass.binding) ? null : buyerOf(caller, body.buyer.email)
  return { place: pass.place, buyer, has_expired }
}

const reasons = {
  unknown: 'This pass was not given by the waiting room of this event.',
  expired: 'The time to buy is over. Join anew.',
  another_buyer: 'This pass belongs to somebody else.',
  used_up: `A pass is good for ${orders_per_pass} orders.`,
}

export const refusePass = (event_id: string, reason: keyof typeof reasons | 'needed') =>
  reason === 'needed'
    ? new Problem(queuePassNeeded, 'Join the waiting room; the order needs the pass it gives.',
      { extensions: { event_id } })
    : new Problem(queuePassInvalid, reasons[reason], { extensions: { event_id, reason } })

const belongsTo = ({ binding }: Pass, visitor: string | undefined, user_id: string | null) =>
  (visitor !== undefined && binding.equals(bindingOf(visitor, null))) ||
    (user_id !== null && binding.equals(bindingOf(undefined, user_id)))

function buyerOf (caller: Caller, email: string): Buffer {
  const user_id = userIdOf(caller)
  return createHash('sha256').update(user_id ?? storedAddress(email)).digest()
}
