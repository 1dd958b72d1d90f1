import type * as api from '@fermata/contracts/orders'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { toItem } from '../prepare-sale.ts'
import { readSale, withClient } from '../queries/sell.ts'
import { toProblem } from '../refusal-problems.ts'
import { allocate } from '../rules/allocate.ts'
import { toStock } from '../sell-batch.ts'
import { countingGuesses } from '../wrong-codes.ts'
import { requestOf } from './place-order.ts'

const nobody = { purchases: [], open_holds: [], earlier: [] }

/**
 * What an order would cost now, by the rule that would sell it. It reads without a lock, so
 * somebody may be faster; only the order itself holds tickets and prices.
 */
export const quoteOrder: Operation<typeof api.quoteOrder> = async (ctx, { body, ip }) => {
  const request = requestOf(body)
  const wanted = {
    type_ids: request.items.map(item => item.ticket_type_id),
    promo_codes: request.promo_code === undefined ? [] : [request.promo_code],
    networks: [],
  }
  const decision = await countingGuesses(ctx, body, ip, async () => {
    const { event, stock, promos } = await withClient(ctx.pool,
      client => readSale(client, body.event_id, wanted))
    if (!event?.facts) throw new Problem(notFound, 'There is no such event.')
    return allocate(toStock(event, stock, promos, nobody), [request])[0]!
  }, seen => seen.sold ? null : seen.refusal)
  if (!decision.sold) throw toProblem(decision.refusal)
  const { lines, total_minor, currency, promo } = decision
  return { items: lines.map(toItem), total_minor, currency,
    ...(promo && { promo_code: promo.code }) }
}
