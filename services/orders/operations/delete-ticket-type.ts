import * as api from '@fermata/contracts/orders'
import { notFound } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { requireManagedEvent } from '../managed-event.ts'
import { lockEvents } from '../queries/events.ts'
import { deleteType, findType, wasOrdered } from '../queries/stock.ts'

/** Removes a ticket type that nobody has ordered; orders, also past ones, keep theirs. */
export const deleteTicketType: Operation<typeof api.deleteTicketType> = async (
  ctx, { params, caller, id }
) => {
  const found = await findType(ctx.db, params.id)
  if (!found) throw new Problem(notFound)
  await requireManagedEvent(ctx, caller, found.event_id, id)
  return ctx.transaction(async tx => {
    await lockEvents(tx, [found.event_id])
    const type = await findType(tx, params.id)
    if (!type) throw new Problem(notFound)
    if (await wasOrdered(tx, type.id)) {
      throw new Problem(api.ticketTypeInUse, undefined,
        { extensions: { held: type.held, sold: type.sold } })
    }
    await deleteType(tx, type.id)
    return null
  })
}
