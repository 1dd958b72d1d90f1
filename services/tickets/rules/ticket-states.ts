import type { TicketStatus } from '@fermata/contracts/tickets'

/**
 * What may happen to a ticket. Nothing leads back to `active`: who went in went in, and what was
 * made invalid is issued anew. A refund after admission leaves `used`: the visit happened.
 */
export const transitions = {
  admit: { from: 'active', to: 'used' },
  void: { from: 'active', to: 'void' },
} as const satisfies Record<string, { from: TicketStatus, to: TicketStatus }>

export type TicketAction = keyof typeof transitions

/** The state after an action; null where it is not allowed. */
export function next (status: TicketStatus, action: TicketAction): TicketStatus | null {
  return transitions[action].from === status ? transitions[action].to : null
}
