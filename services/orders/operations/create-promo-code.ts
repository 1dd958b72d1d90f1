import * as api from '@fermata/contracts/orders'
import { uuidv7 } from '@fermata/platform/ids'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { requireManagedEvent } from '../managed-event.ts'
import { checkPromoCode } from '../promo-code-checks.ts'
import { lockEvents } from '../queries/events.ts'
import { insertCode, listCodes } from '../queries/promo-codes.ts'
import { invalidField } from '../ticket-type-checks.ts'

/** The list of codes is one page. */
const max_codes_per_event = 200

/** Adds a code that makes tickets of an event cheaper. */
export const createPromoCode: Operation<typeof api.createPromoCode> = async (ctx, request) => {
  const { event_id } = request.body
  const row = {
    percent: null, amount_minor: null, ticket_type_ids: [], valid_from: null, valid_until: null,
    max_uses: null, counts: 'orders' as const, ...request.body,
    id: uuidv7(), code: request.body.code.toUpperCase(),
  }
  await requireManagedEvent(ctx, request.caller, event_id, request.id)
  return ctx.write(request, async tx => {
    await lockEvents(tx, [event_id])
    await checkPromoCode(tx, row)
    if ((await listCodes(tx, event_id)).length >= max_codes_per_event) {
      throw invalidField('event_id', `has ${max_codes_per_event} promo codes, which is the most`)
    }
    const code = await insertCode(tx, row)
    if (!code) throw new Problem(api.promoCodeTaken, undefined, { extensions: { code: row.code } })
    return code
  })
}
