import type * as api from '@fermata/contracts/tickets'
import type { Operation } from '../context.ts'
import { belongsTo } from '../rules/owner.ts'
import { presentTicket } from '../presentation.ts'
import { ticketOfCode } from '../presented-code.ts'
import { admissionOf } from '../refusals.ts'
import { refusalOf } from '../rules/admission.ts'

/**
 * What a check-in would answer now. Changes nothing, and promises nothing: somebody may be faster.
 */
export const validateTicket: Operation<typeof api.validateTicket> = async (
  ctx, { body, caller }
) => {
  const row = await ticketOfCode(ctx, caller, body)
  const reason = refusalOf(row, body.event_id)
  return {
    admissible: reason === null, reason, belongs: belongsTo(row, body),
    ticket: presentTicket(row), ...admissionOf(row),
  }
}
