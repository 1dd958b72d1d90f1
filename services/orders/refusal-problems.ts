import {
  belowMinimum, eventClosed, limitReached, notOnSale, priceRefused, promoCodeRefused, soldOut,
  tooManyHeld, unknownTicketType,
} from '@fermata/contracts/orders'
import { invalid } from '@fermata/contracts/problems'
import { Problem } from '@fermata/platform/problem'
import type { PromoRefusal, Refusal, TicketTypeForSale } from './rules/stock.ts'

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
      const { limit, scope } = refusal
      const who = scope === 'order' ? 'One order' : 'One person'
      const what = scope === 'event' ? 'tickets for this event' : `of ${refusal.type.name}`
      return new Problem(limitReached, `${who} may have ${limit} ${what}.`,
        { extensions: { ...named(refusal.type), limit, scope } })
    }
    case 'share_reached': {
      const { scope, share } = refusal
      return new Problem(tooManyHeld, shareWords[scope],
        { headers: { 'retry-after': share_retry_s }, extensions: { scope, share } })
    }
    case 'sold_out': {
      const { available } = refusal
      return new Problem(soldOut, available === 0
        ? `${refusal.type.name} is sold out.` : `There are only ${available} left of ${refusal.type.name}.`,
      { extensions: { ...named(refusal.type), available } })
    }
    case 'price_refused': {
      const { type, minimum_minor, maximum_minor } = refusal
      return new Problem(priceRefused, `Name a price for ${type.name}, within its limits.`,
        { extensions: { ...named(type), minimum_minor, maximum_minor } })
    }
    case 'promo_refused': {
      const { promo_code, why, left } = refusal
      return new Problem(promoCodeRefused, promoWords[why],
        { extensions: { promo_code, reason: why, ...(left !== undefined && { left }) } })
    }
    case 'price_fixed':
      return refusedItems(`name no price for ${refusal.type.name}: it is the server's`)
    case 'not_chargeable':
      return refusedItems('cannot be charged together: the sum is too large or has two currencies')
  }
}

/** Payments of those before take about as long; a shorter wait would only ask more often. */
const share_retry_s = '5'

const shareWords = {
  network: 'Many people on your network hold tickets right now. These become free as they are ' +
    'paid or given back; try again in a moment.',
  buyer: 'You hold many tickets that are not paid yet. Pay or give back those first.',
}

const refusedItems = (message: string) =>
  new Problem(invalid, undefined, { extensions: { errors: [{ field: 'items', message }] } })

const promoWords: Record<PromoRefusal, string> = {
  unknown: 'There is no such code for this event.',
  not_yet: 'This code is not valid yet.',
  ended: 'This code is not valid any more.',
  used_up: 'This code was used as often as it may be.',
  not_for_these: 'This code makes none of these tickets cheaper.',
}
