import type { EventStatus } from '@fermata/contracts/fields'
import type { SaleStatus } from '@fermata/contracts/orders'
import { closedBecause } from './allocate.ts'

export interface OnOffer {
  now: string, event_status: EventStatus, event_ends_at: string
  sales_start: string | null, sales_end: string | null
  available: number
}

/** Why a ticket type can or cannot be bought now; the first reason that applies. */
export function saleStatus (type: OnOffer): SaleStatus {
  const event = { id: '', status: type.event_status, ends_at: type.event_ends_at }
  if (closedBecause({ event, now: type.now })) return 'closed'
  if (type.sales_start !== null && type.now < type.sales_start) return 'upcoming'
  if (type.sales_end !== null && type.sales_end <= type.now) return 'ended'
  return type.available === 0 ? 'sold_out' : 'open'
}
