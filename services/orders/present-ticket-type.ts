import type { TicketType } from '@fermata/contracts/orders'
import type { TicketTypeRow } from './queries/stock.ts'
import { saleStatus } from './rules/sale-status.ts'

/** A ticket type as everybody sees it; what is held and sold only for who manages the event. */
export function presentTicketType (row: TicketTypeRow, options: { managed: boolean }): TicketType {
  const { now: _, event_status: __, event_ends_at: ___, held, sold, ...type } = row
  return { ...type, on_sale: saleStatus(row), ...(options.managed && { held, sold }) }
}
