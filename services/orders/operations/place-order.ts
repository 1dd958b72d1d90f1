import type * as api from '@fermata/contracts/orders'
import { invalid, keyReused, notFound } from '@fermata/contracts/problems'
import { userIdOf } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import { reply } from '@fermata/platform/service'
import type { Ctx, Operation } from '../context.ts'
import { accountKey, mailboxKeyOf, visitorKey } from '../counted-askers.ts'
import { presentPlaced } from '../present-order.ts'
import { findOrders } from '../queries/orders.ts'
import { checkPass, refusePass } from '../queue-pass.ts'
import { toProblem } from '../refusal-problems.ts'
import { countingGuesses } from '../wrong-codes.ts'
import { mailboxOf } from '@fermata/contracts/mailboxes'
import type { Request, Wanted } from '../rules/stock.ts'

/**
 * Holds tickets and places an order. The request waits in the platform's collector while the
 * batch before it commits; then one transaction serves all who wait for the event (sell-batch.ts)
 * by a pure rule (rules/allocate.ts).
 */
export const placeOrder: Operation<typeof api.placeOrder> = async (
  ctx, { body, caller, id, ip, idempotency }
) => {
  const user_id = userIdOf(caller)
  const visitor = body.visitor ?? body.queue_visitor
  const email_key = mailboxOf(body.buyer.email)
  const asker = {
    network: ctx.resources.networkKey(body.event_id, ip), mailbox: mailboxKeyOf(email_key),
    visitor: visitor === undefined ? null : visitorKey(visitor), user_id,
  }
  const buy = () => countingGuesses(ctx, body, ip, () => {
    const pass = checkPass(ctx, body, caller, idempotency !== null)
    return ctx.resources.collector.add(body.event_id, {
      buyer: body.buyer, request_id: id, idempotency, pass,
      sender: () => senderOf(ctx, ip, user_id, asker.visitor),
      request: { ...requestOf(body), buyer: { user_id, email_key }, asker },
    })
  }, seen => seen.kind === 'refused' ? seen.refusal : null)
  let outcome = await buy()
  if (outcome.kind === 'pass_refused' && outcome.reason === 'needed') {
    // Another process switched the room on a moment ago. Who brought a pass gets it looked at.
    await ctx.resources.rooms.refresh(body.event_id)
    outcome = await buy()
  }
  if (outcome.kind === 'unknown_event') throw new Problem(notFound, 'There is no such event.')
  if (outcome.kind === 'key_reused') throw new Problem(keyReused)
  if (outcome.kind === 'pass_refused') throw refusePass(body.event_id, outcome.reason)
  if (outcome.kind === 'refused') throw toProblem(outcome.refusal)
  if (outcome.kind === 'placed_before') {
    const [row] = await findOrders(ctx.db, [outcome.order_id])
    return again(ctx, presentPlaced(row!))
  }
  return outcome.replayed ? again(ctx, outcome.order) : withToken(ctx, outcome.order)
}

/** One name for a network whatever it orders, other than those by which its holds are counted. */
const senderOf = (ctx: Ctx, ip: string, user_id: string | null, visitor: string | null) => ({
  network: ctx.resources.networkKey('mails', ip),
  ...(user_id ? { person: accountKey(user_id) } : visitor && { person: visitor }),
})

const withToken = (ctx: Ctx, order: api.Order) =>
  ({ ...order, access_token: ctx.tokens.signOrder(order.id) })

/** The first answer of a key that was sent before; its token is not stored but signed again. */
const again = (ctx: Ctx, order: api.Order) =>
  reply(withToken(ctx, order), { headers: { 'idempotency-replayed': 'true' } })

/**
 * A wish as the rules read it.
 * @throws Problem `request/invalid` for a type that is named twice
 */
export function requestOf (body: Pick<api.NewOrder, 'items' | 'promo_code' | 'access_code'>): Request {
  refuseRepeatedTypes(body.items)
  return { items: body.items, promo_code: body.promo_code?.toUpperCase(),
    access_code: body.access_code }
}

/** Two lines of one type would each keep to its limit and together break it. */
function refuseRepeatedTypes (items: readonly Wanted[]): void {
  const seen = new Set<string>()
  items.forEach(({ ticket_type_id }, index) => {
    if (seen.has(ticket_type_id)) {
      throw new Problem(invalid, undefined, { extensions: {
        errors: [{ field: `items.${index}.ticket_type_id`, message: 'is named twice; add the quantities up' }] } })
    }
    seen.add(ticket_type_id)
  })
}
