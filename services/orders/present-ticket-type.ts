import type { TicketType } from '@fermata/contracts/orders'
import type { TicketTypeRow } from './queries/stock.ts'
import { pricesOf } from './rules/price-tiers.ts'
import { saleStatus } from './rules/sale-status.ts'

/**
 * A ticket type as everybody sees it; what is held and sold, and the access code, only for who
 * manages the event.
 */
export function presentTicketType (row: TicketTypeRow, options: { managed: boolean }): TicketType {
  const { now, event_status: _, event_ends_at: __, held, sold, access_code, ...type } = row
  const current_price_minor = pricesOf(row, held + sold, 1, now)[0]!.price_minor
  return { ...type, current_price_minor, on_sale: saleStatus(row), is_hidden: access_code !== null,
    ...(options.managed && { held, sold, access_code }) }
}
