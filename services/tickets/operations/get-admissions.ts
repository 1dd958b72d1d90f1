import type * as api from '@fermata/contracts/tickets'
import type { Ctx, Operation } from '../context.ts'
import { countAdmissions } from '../queries/events.ts'

/** Zeros for an event without tickets. */
export const getAdmissions: Operation<typeof api.getAdmissions> = (ctx, { params }) =>
  admissionsOf(ctx, params.event_id)

/** Counted anew each time, from the tickets themselves. */
export async function admissionsOf (ctx: Ctx, event_id: string): Promise<api.Admissions> {
  const ticket_types = await countAdmissions(ctx.db, event_id)
  const sum = (count: 'issued' | 'admitted' | 'voided') =>
    ticket_types.reduce((total, type) => total + type[count], 0)
  return {
    event_id, ticket_types,
    issued: sum('issued'), admitted: sum('admitted'), voided: sum('voided'),
  }
}
