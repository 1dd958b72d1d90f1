import type { DataOf } from '@fermata/contracts/define'
import type { ticketResent, ticketsIssued, ticketVoided } from '@fermata/contracts/tickets'
import { translator } from '../adapters/catalogue.ts'
import type { Handler } from '../context.ts'
import { notify } from '../notify.ts'
import { insertHolders } from '../queries.ts'
import { venueLine, venueTime } from '../rules/facts.ts'
import type { Content } from '../rules/outgoing.ts'

type TicketNews = Pick<DataOf<typeof ticketsIssued>, 'order_id' | 'order_code' | 'buyer' | 'event'>

function facts ({ order_code, buyer: { locale }, event }: TicketNews): Content['facts'] {
  const t = translator(locale)
  return [[t('fact.event'), event.title], [t('fact.when'), venueTime(event.starts_at, event.timezone, locale)],
    [t('fact.where'), venueLine(event)], [t('fact.order'), order_code]]
}

/** The mail everybody waits for: the tickets as a PDF, and the way to them without it. */
export const mailTickets: Handler<typeof ticketsIssued> = async (ctx, tx, events) => {
  await insertHolders(tx, [...new Map(events.map(({ data }) => [data.order_id, {
    order_id: data.order_id, event_id: data.event.id, user_id: data.user_id, ...data.buyer, access_token: data.access_token }])).values()])
  await notify(ctx, tx, events.map(({ id, data }) => {
    const t = translator(data.buyer.locale)
    const count = data.tickets.length
    return {
      dedupe_key: `${id} ${data.order_id}`, kind: 'tickets_issued' as const, mail: 'always' as const, user_id: data.user_id,
      email: data.buyer.email, locale: data.buyer.locale, url: `/orders/${data.order_id}`, attach_order_id: data.order_id,
      content: {
        title: t('issued_title', { count, event: data.event.title }),
        paragraphs: [t('issued.body', { name: data.buyer.name, code: data.order_code }), t('issued.attached')],
        facts: facts(data), footer: t('footer.order'),
        action: { label: t('issued.action'), path: `/orders/${data.order_id}?token=${data.access_token}` },
      },
    }
  }))
}

/** Somebody at the desk sends a ticket once more; the whole order's PDF goes along. */
export const mailTicketAgain: Handler<typeof ticketResent> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.map(({ id, data }) => {
    const t = translator(data.buyer.locale)
    return {
      dedupe_key: `${id} ${data.ticket.id}`, kind: 'tickets_issued' as const, mail: 'always' as const, user_id: data.user_id,
      email: data.ticket.holder.email, locale: data.buyer.locale, url: `/orders/${data.order_id}`, attach_order_id: data.order_id,
      content: {
        title: t('resent.title', { number: data.ticket.number }), paragraphs: [t('resent.body', { event: data.event.title })],
        facts: facts(data), footer: t('footer.order'), action: { label: t('resent.action'), path: `/orders/${data.order_id}` },
      },
    }
  }))
}

/** Refunded orders tell it for all their tickets; a ticket voided alone is told here. */
export const tellVoided: Handler<typeof ticketVoided> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.map(({ id, data }) => {
    const t = translator(data.buyer.locale)
    return {
      dedupe_key: `${id} ${data.ticket.id}`, kind: 'ticket_voided' as const, mail: 'never' as const, user_id: data.user_id,
      email: data.ticket.holder.email, locale: data.buyer.locale, url: `/orders/${data.order_id}`,
      content: {
        title: t('voided.title', { number: data.ticket.number }),
        paragraphs: [t('voided.body', { number: data.ticket.number, event: data.event.title }), ...(data.reason ? [data.reason] : [])],
        facts: facts(data), footer: t('footer.order'),
      },
    }
  }))
}
