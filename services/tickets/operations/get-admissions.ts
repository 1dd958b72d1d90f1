import type * as api from '@fermata/contracts/tickets'
import type { Operation } from '../context.ts'
import { countAdmissions } from '../queries/events.ts'

/** Zeros for an event without tickets. */
export const getAdmissions: Operation<typeof api.getAdmissions> = async (ctx, { params }) => {
  const ticket_types = await countAdmissions(ctx.db, params.event_id)
  const sum = (count: 'issued' | 'admitted' | 'voided') =>
    ticket_types.reduce((total, type) => total + type[count], 0)
  return {
    event_id: params.event_id, ticket_types,
    issued: sum('issued'), admitted: sum('admitted'), voided: sum('voided'),
  }
}
