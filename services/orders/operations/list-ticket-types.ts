import type * as api from '@fermata/contracts/orders'
import type { Operation } from '../context.ts'
import { manages } from '../managed-event.ts'
import { presentTicketType } from '../present-ticket-type.ts'
import { findFacts } from '../queries/events.ts'
import { listTypes } from '../queries/stock.ts'
import { opensTo } from '../rules/access-code.ts'

/**
 * What an event sells and what is left of it now. A draft looks like an event without ticket types,
 * and a hidden type is there only for who sends its code.
 */
export const listTicketTypes: Operation<typeof api.listTicketTypes> = async (
  ctx, { query, caller }
) => {
  const rows = await listTypes(ctx.db, query.event_id)
  const managed = caller.kind === 'user' &&
    await manages(ctx, caller, (await findFacts(ctx.db, [query.event_id])).get(query.event_id))
  const visible = managed ? rows : rows.filter(row =>
    row.event_status !== 'draft' && opensTo(row.access_code, query.code))
  return { items: visible.map(row => presentTicketType(row, { managed })), next_cursor: null }
}
