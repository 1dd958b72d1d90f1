import type * as api from '@fermata/contracts/events'
import { getEventSales } from '@fermata/contracts/orders'
import { getAdmissions } from '@fermata/contracts/tickets'
import type { Operation } from '../context.ts'
import { managedEvent } from '../managing.ts'

/**
 * What orders sold and tickets admitted, as of now; the two are asked at the same time, not in one
 * transaction.
 */
export const getAttendance: Operation<typeof api.getAttendance> = async (ctx, request) => {
  const { params, caller, id: request_id } = request
  const { id: event_id } = await managedEvent(ctx, caller, params.id)
  const [sales, admissions] = await Promise.all([
    ctx.call(getEventSales, { params: { event_id }, request_id }),
    ctx.call(getAdmissions, { params: { event_id }, request_id }),
  ])
  const admitted = new Map(admissions.ticket_types.map(type =>
    [type.ticket_type_id, type.admitted]))
  return {
    ...sales,
    admitted: admissions.admitted,
    ticket_types: sales.ticket_types.map(type =>
      ({ ...type, admitted: admitted.get(type.ticket_type_id) ?? 0 })),
  }
}
