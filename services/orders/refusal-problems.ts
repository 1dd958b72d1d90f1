import {
  belowMinimum, eventClosed, limitReached, notOnSale, soldOut, unknownTicketType,
} from '@fermata/contracts/orders'
import { invalid } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { Refusal, TicketTypeForSale } from './rules/allocate.ts'

const named = ({ id, name }: TicketTypeForSale) => ({ ticket_type_id: id, name })

/** Tells a buyer why there are no tickets, in words and in fields. */
export function toProblem (refusal: Refusal): Problem {
  switch (refusal.reason) {
    case 'event_closed':
      return new Problem(eventClosed, undefined,
        { extensions: { event_id: refusal.event_id, reason: refusal.why } })
    case 'unknown_ticket_type':
      return new Problem(unknownTicketType, undefined,
        { extensions: { ticket_type_id: refusal.ticket_type_id } })
    case 'not_on_sale': {
      const { sales_start, sales_end } = refusal.type
      return new Problem(notOnSale, `${refusal.type.name} is not on sale now.`,
        { extensions: { ...named(refusal.type), sales_start, sales_end } })
    }
    case 'below_minimum': {
      const minimum = refusal.type.min_per_order
      return new Problem(belowMinimum, `${refusal.type.name} is sold in orders of ${minimum} or more.`,
        { extensions: { ...named(refusal.type), minimum } })
    }
    case 'limit_reached': {
      const limit = refusal.type.max_per_order
      return new Problem(limitReached, `One order may have ${limit} of ${refusal.type.name}.`,
        { extensions: { ...named(refusal.type), limit, scope: 'order' } })
    }
    case 'sold_out': {
      const { available } = refusal
      return new Problem(soldOut, available === 0
        ? `${refusal.type.name} is sold out.` : `There are only ${available} left of ${refusal.type.name}.`,
      { extensions: { ...named(refusal.type), available } })
    }
    case 'not_chargeable':
      return new Problem(invalid, undefined, { extensions: {
        errors: [{ field: 'items', message: 'cannot be charged together: the sum is too large or has two currencies' }] } })
  }
}
