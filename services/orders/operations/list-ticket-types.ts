import type * as api from '@fermata/contracts/orders'
import { siteOf } from '@fermata/platform/network'
import type { Operation } from '../context.ts'
import { manages } from '../managed-event.ts'
import { presentTicketType } from '../present-ticket-type.ts'
import { findFacts } from '../queries/events.ts'
import { listTypes, type TicketTypeRow } from '../queries/stock.ts'
import { opensTo } from '../rules/access-code.ts'

/**
 * What an event sells and what is left of it now. A draft looks like an event without ticket types,
 * and a hidden type is there only for who sends its code.
 */
export const listTicketTypes: Operation<typeof api.listTicketTypes> = async (
  ctx, { query, caller, ip }
) => {
  const rows = await listTypes(ctx.db, query.event_id)
  const managed = caller.kind === 'user' &&
    await manages(ctx, caller, (await findFacts(ctx.db, [query.event_id])).get(query.event_id))
  if (managed) return present(rows, managed)
  const look = () => rows.filter(row =>
    row.event_status !== 'draft' && opensTo(row.access_code, query.code))
  const visible = query.code === undefined ? look()
    : await ctx.resources.guesses.look(query.event_id, siteOf(ip), [query.code], look,
        seen => !seen.some(row => row.access_code !== null))
  return present(visible, managed)
}

const present = (rows: TicketTypeRow[], managed: boolean) =>
  ({ items: rows.map(row => presentTicketType(row, { managed })), next_cursor: null })
