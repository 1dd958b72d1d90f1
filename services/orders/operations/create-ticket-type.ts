import * as api from '@fermata/contracts/orders'
import type { EventFacts } from '@fermata/contracts/fields'
import { uuidv7 } from '@fermata/platform/ids'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { requireManagedEvent } from '../managed-event.ts'
import { presentTicketType } from '../present-ticket-type.ts'
import { lockEvents } from '../queries/events.ts'
import { findType, insertType, listTypes } from '../queries/stock.ts'
import { checkLimits, checkPools, inUtc, invalidField } from '../ticket-type-checks.ts'

/** More would fit neither a page nor a buyer's patience; the public list is one page. */
const max_types_per_event = 100
const default_max_per_order = 10

/** Puts tickets on sale, as soon as the event is published and its sale has begun. */
export const createTicketType: Operation<typeof api.createTicketType> = async (ctx, request) => {
  const { event_id, pool_ids = [], ...body } = request.body
  const min_per_order = body.min_per_order ?? 1
  const row = {
    description: '', sales_start: null, sales_end: null, position: 0, max_per_buyer: null,
    pricing: 'fixed' as const, min_price_minor: 0, access_code: null, ...body,
    tiers: inUtc(body.tiers ?? []),
    id: uuidv7(), event_id, min_per_order,
    max_per_order: body.max_per_order ?? Math.max(default_max_per_order, min_per_order),
  }
  checkLimits(row)
  const facts = await requireManagedEvent(ctx, request.caller, event_id, request.id)
  refuseClosed(facts)
  if (row.currency !== facts.currency) {
    throw new Problem(api.currencyMismatch, `Prices of this event are in ${facts.currency}.`,
      { extensions: { currency: facts.currency } })
  }
  return ctx.write(request, async tx => {
    await lockEvents(tx, [event_id])
    await checkPools(tx, event_id, pool_ids)
    if ((await listTypes(tx, event_id)).length >= max_types_per_event) {
      throw invalidField('event_id', `has ${max_types_per_event} ticket types, which is the most`)
    }
    await insertType(tx, row, pool_ids)
    return presentTicketType((await findType(tx, row.id))!, { managed: true })
  })
}

/** @throws Problem for an event that will never sell again */
export function refuseClosed (facts: EventFacts): void {
  const over = Date.parse(facts.ends_at) <= Date.now()
  if (facts.status !== 'canceled' && !over) return
  throw new Problem(api.eventClosed, undefined,
    { extensions: { event_id: facts.id, reason: facts.status === 'canceled' ? 'canceled' : 'over' } })
}
