import type { DataOf } from '@fermata/contracts/define'
import type { Locale } from '@fermata/contracts/fields'
import { formatMoney } from '@fermata/contracts/money'
import type {
  orderCanceled, orderCompleted, orderExpired, orderPlaced, orderRefunded, paymentReturned,
} from '@fermata/contracts/orders'
import { translator, type Translate } from '../adapters/catalogue.ts'
import type { Handler } from '../context.ts'
import { notify } from '../notify.ts'
import { endHolders } from '../queries/holders.ts'
import { minutesBetween, venueLine, venueTime } from '../rules/facts.ts'
import type { Notice } from '../rules/notice.ts'
import type { Content } from '../rules/outgoing.ts'

interface Order {
  id: string
  request_id: string | null
  data: Pick<DataOf<typeof orderPlaced>,
    'order_id' | 'code' | 'event_title' | 'buyer' | 'user_id' | 'total_minor' | 'currency'>
}
type Words = Partial<Content> & Pick<Content, 'title' | 'paragraphs'>

/** What notices about one order have in common. */
function about (
  { id, data, request_id }: Order, kind: Notice['kind'], mail: Notice['mail'],
  words: (t: Translate, locale: Locale) => Words,
): Notice {
  const { locale, email } = data.buyer
  return {
    dedupe_key: `${id} ${data.order_id}`, kind, mail, email, locale, user_id: data.user_id,
    url: `/orders/${data.order_id}`, request_id,
    write (locale) {
      const t = translator(locale)
      return {
        facts: [
          [t('fact.event'), data.event_title], [t('fact.order'), data.code],
          [t('fact.total'), formatMoney(data.total_minor, data.currency, locale)],
        ],
        footer: t('footer.order'), ...words(t, locale),
      }
    },
  }
}

/** In the app only: the buyer sits before the countdown, a mail would come after the fact. */
export const tellHeld: Handler<typeof orderPlaced> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.map(event => {
    const { data } = event
    const count = minutesBetween(data.created_at, data.expires_at)
    return about(event, 'order_held', 'never', t => ({
      title: t('held.title', { event: data.event_title }), paragraphs: [t('held.body', { count })],
    }))
  }))
}

/** In the app only: the mail comes with the tickets, a moment later. */
export const tellCompleted: Handler<typeof orderCompleted> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.map(event => {
    const { data } = event
    return about(event, 'order_completed', 'never', (t, locale) => ({
      title: t('completed.title', { code: data.code }),
      paragraphs: [t('completed.body', { event: data.event_title })],
      facts: [
        [t('fact.when'), venueTime(data.event.starts_at, data.event.timezone, locale)],
        [t('fact.where'), venueLine(data.event)],
      ],
    }))
  }))
}

/** Of what was held no unproven address hears, but of what an organiser canceled everybody. */
export const tellCanceled: Handler<typeof orderCanceled> = async (ctx, tx, events) => {
  await endHolders(tx, events.map(({ data }) => data.order_id))
  await notify(ctx, tx, events.map(event => {
    const { data } = event
    const mail = data.reason === 'organizer' ? 'wanted' : 'owned'
    return about(event, 'order_canceled', mail, t => ({
      title: t('canceled.title', { code: data.code }),
      paragraphs: [t(`canceled.${data.reason}`, { event: data.event_title })],
    }))
  }))
}

/** Mailed to an address that its account has proven, unless switched off. */
export const tellExpired: Handler<typeof orderExpired> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.map(event => {
    const { data } = event
    return about(event, 'order_expired', 'owned', t => ({
      title: t('expired.title'),
      paragraphs: [t('expired.body', { code: data.code, event: data.event_title })],
      action: { label: t('expired.action'), path: `/events/${data.event_id}` },
    }))
  }))
}

/** Its holder is no holder any more, and hears that the money is on its way. */
export const tellRefunded: Handler<typeof orderRefunded> = async (ctx, tx, events) => {
  await endHolders(tx, events.map(({ data }) => data.order_id))
  await notify(ctx, tx, events.map(event =>
    event.data.refund_minor === 0 ? aboutFreeOrder(event) : aboutRefund(event)))
}

type Refund = DataOf<typeof orderRefunded>
type Refunded = Order & { data: Refund }

function aboutRefund (event: Refunded): Notice {
  const { data } = event
  return about(event, 'order_refunded', 'always', (t, locale) => ({
    title: t('refunded.title', { code: data.code }),
    paragraphs: [t(`refunded.${data.reason}`, { event: data.event_title })],
    facts: refundFacts(data, data.code, locale),
  }))
}

/** No word of money. That the event is canceled its holders have heard by mail. */
function aboutFreeOrder (event: Refunded): Notice {
  const { data } = event
  const is_event = data.reason === 'event_canceled'
  return about(event, 'order_refunded', is_event ? 'never' : 'always', t => ({
    title: t('canceled.title', { code: data.code }),
    paragraphs: [t(is_event ? 'canceled.event_canceled' : 'ended.requested',
      { event: data.event_title })],
    facts: [[t('fact.event'), data.event_title], [t('fact.order'), data.code]],
  }))
}

/** Money that the order did not need; the order stays as it is. */
export const tellReturned: Handler<typeof paymentReturned> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.map(event => {
    const { data } = event
    return about(event, 'order_refunded', 'always', (t, locale) => ({
      title: t('returned.title', { code: data.code }),
      paragraphs: [t(`returned.${data.reason}`, { event: data.event_title })],
      facts: refundFacts(data, data.code, locale),
    }))
  }))
}

type Returned = Pick<Refund, 'event_title' | 'refund_minor' | 'currency'>

/** The rows of a mail about money that goes back. */
export function refundFacts (
  data: Returned, code: string, locale: Locale,
): Content['facts'] {
  const t = translator(locale)
  return [
    [t('fact.event'), data.event_title], [t('fact.order'), code],
    [t('refunded.amount'), formatMoney(data.refund_minor, data.currency, locale)],
  ]
}
