import type { MemberRole } from '@fermata/contracts/events'

export interface Place { role: MemberRole, event_id: string | null }

/**
 * Where a member of a copy still works, given where they worked last. Null: nowhere. Who was made
 * an owner since, or was given all events, is left where the copy has them: what was given since
 * is lost, as everything.
 */
export function placeLeft (
  of_copy: Place, last: { role: MemberRole | null, event_id: string | null }
): Place | null {
  if (last.role === null) return null
  if (last.role === 'owner') return of_copy
  return { role: 'door', event_id: last.event_id ?? of_copy.event_id }
}
