import { formatMoney } from '@fermata/contracts/money'
import type { paymentFailed, paymentRefunded } from '@fermata/contracts/payments'
import { translator } from '../adapters/catalogue.ts'
import type { Handler } from '../context.ts'
import { notify } from '../notify.ts'

/** In the app: the buyer sits before the page that says the same. */
export const tellPaymentFailed: Handler<typeof paymentFailed> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.map(({ id, data }) => {
    const t = translator(data.buyer.locale)
    return {
      dedupe_key: `${id} ${data.payment_id}`, kind: 'payment_failed' as const, mail: 'never' as const, user_id: data.user_id,
      email: data.buyer.email, locale: data.buyer.locale, url: `/orders/${data.order_id}`,
      content: {
        title: t('payment_failed.title'), paragraphs: [t('payment_failed.body', { code: data.order_code, event: data.event_title })],
        facts: [], footer: t('footer.order'), action: { label: t('payment_failed.action'), path: `/orders/${data.order_id}` },
      },
    }
  }))
}

/** A part of the money; a full refund is told with the order it ends. */
export const tellPartRefunded: Handler<typeof paymentRefunded> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.filter(({ data }) => data.refunded_minor < data.amount_minor).map(({ id, data }) => {
    const t = translator(data.buyer.locale)
    return {
      dedupe_key: `${id} ${data.refund_id}`, kind: 'order_refunded' as const, mail: 'always' as const, user_id: data.user_id,
      email: data.buyer.email, locale: data.buyer.locale, url: `/orders/${data.order_id}`,
      content: {
        title: t('refunded.title', { code: data.order_code }), footer: t('footer.order'),
        paragraphs: [t('refunded.partly', { event: data.event_title }), ...(data.reason ? [data.reason] : [])],
        facts: [[t('fact.event'), data.event_title], [t('refunded.amount'), formatMoney(data.refund_minor, data.currency, data.buyer.locale)]],
      },
    }
  }))
}
