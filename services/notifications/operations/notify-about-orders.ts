import type { DataOf } from '@fermata/contracts/define'
import type { orderCanceled, orderCompleted, orderExpired, orderPlaced, orderRefunded } from '@fermata/contracts/orders'
import { formatMoney } from '@fermata/contracts/money'
import { translator } from '../adapters/catalogue.ts'
import type { Handler } from '../context.ts'
import { notify } from '../notify.ts'
import { endHolders } from '../queries.ts'
import { clockTime, venueLine, venueTime } from '../rules/facts.ts'
import type { Notice } from '../rules/notice.ts'
import type { Content } from '../rules/outgoing.ts'

type OrderData = Pick<DataOf<typeof orderPlaced>, 'order_id' | 'code' | 'event_id' | 'event_title' | 'buyer' | 'user_id' | 'total_minor' | 'currency'>

/** What notices about one order have in common. */
function about (event_id: string, order: OrderData, kind: Notice['kind'], mail: Notice['mail'], content: Partial<Content> & Pick<Content, 'title' | 'paragraphs'>): Notice {
  const t = translator(order.buyer.locale)
  return {
    dedupe_key: `${event_id} ${order.order_id}`, kind, mail, user_id: order.user_id, email: order.buyer.email, locale: order.buyer.locale,
    url: `/orders/${order.order_id}`,
    content: {
      facts: [[t('fact.event'), order.event_title], [t('fact.order'), order.code],
        [t('fact.total'), formatMoney(order.total_minor, order.currency, order.buyer.locale)]],
      footer: t('footer.order'), ...content,
    },
  }
}

/** In the app only: the buyer sits before the countdown, a mail would come after the fact. */
export const tellHeld: Handler<typeof orderPlaced> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.filter(({ data }) => data.user_id !== null).map(({ id, data }) => {
    const t = translator(data.buyer.locale)
    const until = clockTime(data.expires_at, data.buyer.locale)
    return about(id, data, 'order_held', 'never', { title: t('held.title', { event: data.event_title }), paragraphs: [t('held.body', { until })] })
  }))
}

/** In the app only: the mail comes with the tickets, a moment later. */
export const tellCompleted: Handler<typeof orderCompleted> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.map(({ id, data }) => {
    const t = translator(data.buyer.locale)
    return about(id, data, 'order_completed', 'never',
      { title: t('completed.title', { code: data.code }), paragraphs: [t('completed.body', { event: data.event_title })],
        facts: [[t('fact.when'), venueTime(data.event.starts_at, data.event.timezone, data.buyer.locale)], [t('fact.where'), venueLine(data.event)]] })
  }))
}

export const tellCanceled: Handler<typeof orderCanceled> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.map(({ id, data }) => {
    const t = translator(data.buyer.locale)
    return about(id, data, 'order_canceled', 'wanted',
      { title: t('canceled.title', { code: data.code }), paragraphs: [t(`canceled.${data.reason}`, { event: data.event_title })] })
  }))
}

export const tellExpired: Handler<typeof orderExpired> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.map(({ id, data }) => {
    const t = translator(data.buyer.locale)
    return about(id, data, 'order_expired', 'wanted', {
      title: t('expired.title'), paragraphs: [t('expired.body', { code: data.code, event: data.event_title })],
      action: { label: t('expired.action'), path: `/events/${data.event_id}` } })
  }))
}

/** Its holder is no holder any more, and hears that the money is on its way. */
export const tellRefunded: Handler<typeof orderRefunded> = async (ctx, tx, events) => {
  await endHolders(tx, [...new Map(events.map(({ data }) => [data.order_id, {
    order_id: data.order_id, event_id: data.event_id, name: data.buyer.name, email: data.buyer.email, locale: data.buyer.locale }])).values()])
  await notify(ctx, tx, events.map(({ id, data }) => {
    const t = translator(data.buyer.locale)
    return about(id, data, 'order_refunded', 'always', {
      title: t('refunded.title', { code: data.code }), paragraphs: [t(`refunded.${data.reason}`, { event: data.event_title })],
      facts: [[t('fact.event'), data.event_title], [t('refunded.amount'), formatMoney(data.refund_minor, data.currency, data.buyer.locale)]] })
  }))
}
