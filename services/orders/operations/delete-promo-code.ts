import * as api from '@fermata/contracts/orders'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { requireManagedEvent } from '../managed-event.ts'
import { lockEvents } from '../queries/events.ts'
import { deleteCode, findCode, wasUsed } from '../queries/promo-codes.ts'

/** Removes a code that no order has used; orders, also past ones, keep theirs. */
export const deletePromoCode: Operation<typeof api.deletePromoCode> =
  async (ctx, { params, caller, id }) => {
    const found = await findCode(ctx.db, params.id)
    if (!found) throw new Problem(notFound)
    await requireManagedEvent(ctx, caller, found.event_id, id)
    return ctx.transaction(async tx => {
      await lockEvents(tx, [found.event_id])
      const code = await findCode(tx, params.id)
      if (!code) throw new Problem(notFound)
      if (await wasUsed(tx, code.id)) {
        throw new Problem(api.promoCodeInUse, undefined, { extensions: { used: code.used } })
      }
      await deleteCode(tx, code.id)
      return null
    })
  }
