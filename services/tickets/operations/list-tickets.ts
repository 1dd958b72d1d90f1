import type * as api from '@fermata/contracts/tickets'
import { personOf, type Caller } from '@fermata/platform/caller'
import { pageOf, readCursor } from '@fermata/platform/paging'
import type { Operation } from '../context.ts'
import { presentTicket } from '../presentation.ts'
import { readSignedCode } from '../presented-code.ts'
import { listTicketRows, type Scope } from '../queries/tickets.ts'
import { servedBy, verifiedEmailOf } from '../visible-ticket.ts'

/**
 * The caller's own tickets; for who serves an event and looks something up, also those of others.
 */
export const listTickets: Operation<typeof api.listTickets> = async (ctx, { query, caller }) => {
  const { event_id, order_id, status } = query
  const q = query.q?.trim() || undefined
  const after = readCursor<{ issued_at: string, id: string }>(query.cursor, ['issued_at', 'id'])
  const scope = scopeOf(caller, { looks_up: Boolean(q ?? event_id ?? order_id) })
  const code = q ? await readSignedCode(ctx, q) : null
  const rows = await listTicketRows(ctx.db, {
    scope, event_id, order_id, status, q, ticket_id: code?.ticket_id, after,
    limit: query.limit! + 1,
  })
  return pageOf(rows, query.limit!, ({ issued_at, id }) => ({ issued_at, id }), presentTicket)
}

function scopeOf (caller: Caller, { looks_up }: { looks_up: boolean }): Scope {
  if (caller.kind === 'order') return { kind: 'order', order_id: caller.order_id }
  return {
    kind: 'person', user_id: personOf(caller).user_id, verified_email: verifiedEmailOf(caller),
    works_at: looks_up ? servedBy(caller) : null,
  }
}
