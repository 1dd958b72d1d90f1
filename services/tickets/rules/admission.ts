import type { TicketStatus, Validation } from '@fermata/contracts/tickets'
import { next } from './ticket-states.ts'

export type Refusal = NonNullable<Validation['reason']>

interface Presented { event_id: string, event_canceled: boolean, status: TicketStatus }

/**
 * Why a ticket may not enter this event; null when it may. What staff must tell the visitor comes
 * first: the wrong show, then no show, then the ticket itself.
 */
export function refusalOf (ticket: Presented, event_id: string): Refusal | null {
  if (ticket.event_id !== event_id) return 'wrong_event'
  if (ticket.event_canceled) return 'event_canceled'
  if (next(ticket.status, 'admit')) return null
  return ticket.status === 'used' ? 'already_admitted' : 'void'
}
