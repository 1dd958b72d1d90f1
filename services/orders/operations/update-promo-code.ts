import * as api from '@fermata/contracts/orders'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { requireManagedEvent } from '../managed-event.ts'
import { checkPromoCode } from '../promo-code-checks.ts'
import { lockEvents } from '../queries/events.ts'
import { findCode, updateCode } from '../queries/promo-codes.ts'

/** Changes a code while it is used; orders keep the discount of their time. */
export const updatePromoCode: Operation<typeof api.updatePromoCode> =
  async (ctx, { params, body, caller, id }) => {
    const found = await findCode(ctx.db, params.id)
    if (!found) throw new Problem(notFound)
    await requireManagedEvent(ctx, caller, found.event_id, id)
    return ctx.transaction(async tx => {
      await lockEvents(tx, [found.event_id])
      const code = await findCode(tx, params.id)
      if (!code) throw new Problem(notFound)
      const changed = { ...code, ...body }
      await checkPromoCode(tx, changed, code.ticket_type_ids)
      if (changed.max_uses !== null && changed.max_uses < code.used) {
        throw new Problem(api.budgetTooSmall, undefined, { extensions: { used: code.used } })
      }
      return updateCode(tx, changed)
    })
  }
