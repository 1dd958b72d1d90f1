import type { DataOf } from '@fermata/contracts/define'
import type { EventFacts, Locale } from '@fermata/contracts/fields'
import type { ticketResent, ticketsIssued, ticketVoided } from '@fermata/contracts/tickets'
import { nameInMail } from '@fermata/contracts/person-names'
import { translator, type Translate } from '../adapters/catalogue.ts'
import type { Handler } from '../context.ts'
import { notify } from '../notify.ts'
import { countVoided, insertHolders } from '../queries/holders.ts'
import { venueLine, venueTime } from '../rules/facts.ts'
import type { Notice } from '../rules/notice.ts'
import type { Content } from '../rules/outgoing.ts'

type TicketNews = Pick<DataOf<typeof ticketsIssued>, 'order_code' | 'event'>

function facts ({ order_code, event }: TicketNews, locale: Locale): Content['facts'] {
  return [...eventFacts(event, locale), [translator(locale)('fact.order'), order_code]]
}

function eventFacts (event: EventFacts, locale: Locale): Content['facts'] {
  const t = translator(locale)
  return [
    [t('fact.event'), event.title],
    [t('fact.when'), venueTime(event.starts_at, event.timezone, locale)],
    [t('fact.where'), venueLine(event)],
  ]
}

/** The words that mails about as many tickets of one event have in common. */
function issuedWords (event: EventFacts, count: number, locale: Locale) {
  const t = translator(locale)
  return {
    title: t('issued.title', { count, event: event.title }), footer: t('footer.order'),
    attached: t('issued.attached', { count }), facts: eventFacts(event, locale),
    label: t('issued.action', { count }),
  }
}

/** Nobody paid for it, so anybody can make as many as they like. */
const isFree = ({ tickets, sender }: DataOf<typeof ticketsIssued>) =>
  sender !== undefined || tickets.every(ticket => ticket.price_minor === 0)

/** Where what was typed is no name, the mail begins without one. */
function greeting (t: Translate, typed: string): string {
  const name = nameInMail(typed)
  return name === '' ? '' : `${t('issued.greeting', { name })} `
}

/** The mail everybody waits for: the tickets as a PDF, and the way to them without it. */
export const mailTickets: Handler<typeof ticketsIssued> = async (ctx, tx, events) => {
  const holders = events.map(({ data }) => {
    const { order_id, user_id, buyer, event, tickets } = data
    return { order_id, user_id, event_id: event.id, email: buyer.email, locale: buyer.locale,
      ticket_count: tickets.length, is_free: isFree(data) }
  })
  await insertHolders(tx, [...new Map(holders.map(one => [one.order_id, one])).values()])
  // A rush is thousands of mails about one event, and finding words is most of their cost.
  const known = new Map<string, ReturnType<typeof issuedWords>>()
  await notify(ctx, tx, events.map(({ id, data, request_id }): Notice => {
    const { order_id, order_code, user_id, buyer: { name, email, locale }, event } = data
    const count = data.tickets.length
    return {
      dedupe_key: `${id} ${order_id}`, kind: 'tickets_issued', mail: 'always',
      user_id, email, locale, url: `/orders/${order_id}`, attach_order_id: order_id,
      request_id,
      ...(isFree(data) && { unpaid: {
        sender: data.sender, link: { label: `${event.title}, ${order_code}`, path: `/orders/${order_id}`, order_id },
      } }),
      write (locale) {
        const t = translator(locale)
        const key = `${event.id} ${event.version} ${count} ${locale}`
        const words = known.get(key) ?? issuedWords(event, count, locale)
        known.set(key, words)
        const { label, ...common } = words
        return {
          ...common, paragraphs: [greeting(t, name) + t('issued.body', { count })],
          facts: [...common.facts, [t('fact.order'), order_code]],
          action: { label, path: `/orders/${order_id}`, order_id },
        }
      },
    }
  }))
}

/** Somebody at the desk sends a ticket once more; the whole order's PDF goes along. */
export const mailTicketAgain: Handler<typeof ticketResent> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.map(({ id, data, request_id }): Notice => {
    const { order_id, user_id, buyer: { locale }, event, ticket } = data
    return {
      dedupe_key: `${id} ${ticket.id}`, kind: 'tickets_issued', mail: 'always',
      user_id, email: ticket.holder.email, locale, url: `/orders/${order_id}`,
      attach_order_id: order_id, request_id,
      write (locale) {
        const t = translator(locale)
        const label = t('issued.action', { count: 1 })
        return {
          title: t('resent.title', { number: ticket.number }),
          paragraphs: [t('resent.body', { event: event.title })],
          attached: t('issued.attached', { count: 1 }), facts: facts(data, locale),
          footer: t('footer.order'), action: { label, path: `/orders/${order_id}`, order_id },
        }
      },
    }
  }))
}

/** Why the end of an order voids its tickets; its buyer hears of that with the order. */
const told_with_order = new Set([
  'requested', 'event_canceled', 'paid_too_late', 'buyer', 'organizer', 'payment_failed',
])

/** A ticket voided alone; whose tickets are all void holds none. */
export const tellVoided: Handler<typeof ticketVoided> = async (ctx, tx, events) => {
  await countVoided(tx, events.map(({ data }) => data.order_id))
  const alone = events.filter(({ data }) => !told_with_order.has(data.reason ?? ''))
  await notify(ctx, tx, alone.map(({ id, data, request_id }): Notice => {
    const { order_id, user_id, buyer: { locale }, event, ticket, reason } = data
    const words = { number: ticket.number, event: event.title }
    return {
      dedupe_key: `${id} ${ticket.id}`, kind: 'ticket_voided', mail: 'wanted',
      user_id, email: ticket.holder.email, locale, url: `/orders/${order_id}`,
      request_id,
      ...(ticket.price_minor === 0 && { unpaid: { sender: undefined, link: {
        label: translator(locale)('voided.title', words), path: `/orders/${order_id}`, order_id,
      } } }),
      write (locale) {
        const t = translator(locale)
        const why = reason ? [t('voided.reason', { reason })] : []
        return {
          title: t('voided.title', words), facts: facts(data, locale), footer: t('footer.order'),
          paragraphs: [t('voided.body', words), ...why],
        }
      },
    }
  }))
}
