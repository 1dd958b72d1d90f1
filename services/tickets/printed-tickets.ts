import type { Locale } from '@fermata/contracts/fields'
import { calendarFile } from './adapters/calendar.ts'
import type { Ctx } from './context.ts'
import type { TicketRow } from './queries/tickets.ts'
import { textsIn } from './rules/ticket-texts.ts'

export const fileHeaders = (disposition: 'inline' | 'attachment', name: string) => ({
  'content-disposition': `${disposition}; filename="${name.replace(/[^\w.-]/g, '_')}"`,
})

/** @param rows of one order */
export const printTickets = (ctx: Ctx, rows: TicketRow[], locale?: Locale) =>
  ctx.resources.printer.print(rows, locale ?? rows[0]!.buyer_locale)

/**
 * The entry of an order: the same for each of its tickets, so importing two makes one entry.
 * Calendars are shared, so nothing in it opens the order; who has no account has the mail for that.
 */
export function calendarOf (ctx: Ctx, row: TicketRow): string {
  const origin = ctx.settings.PUBLIC_URL
  const texts = textsIn(row.buyer_locale)
  return calendarFile({
    event: row.event,
    uid: `order-${row.order_id}@${new URL(origin).hostname}`,
    url: `${origin}/events/${encodeURIComponent(row.event.slug)}`,
    description: row.user_id === null ? texts.calendar_guest(row.order_code)
      : texts.calendar(row.order_code, `${origin}/orders/${row.order_id}`),
  })
}
