import type { paymentFailed, paymentRefunded } from '@fermata/contracts/payments'
import { translator } from '../adapters/catalogue.ts'
import type { Handler } from '../context.ts'
import { notify } from '../notify.ts'
import type { Notice } from '../rules/notice.ts'
import { refundFacts } from './notify-about-orders.ts'

/** Told in the app: the buyer sits before the page that says so. */
export const tellPaymentFailed: Handler<typeof paymentFailed> = async (ctx, tx, events) => {
  await notify(ctx, tx, events.map(({ id, data }): Notice => {
    const { locale, email } = data.buyer
    const words = { code: data.order_code, event: data.event_title }
    return {
      dedupe_key: `${id} ${data.payment_id}`, kind: 'payment_failed', mail: 'never',
      user_id: data.user_id, email, locale, url: `/orders/${data.order_id}`,
      write (locale) {
        const t = translator(locale)
        return {
          title: t('payment_failed.title'), paragraphs: [t('payment_failed.body', words)],
          facts: [], footer: t('footer.order'),
        }
      },
    }
  }))
}

/** A part of the money; a full refund is told with the order that it ends. */
export const tellPartRefunded: Handler<typeof paymentRefunded> = async (ctx, tx, events) => {
  const partly = events.filter(({ data }) => data.refunded_minor < data.amount_minor)
  await notify(ctx, tx, partly.map(({ id, data, request_id }): Notice => {
    const { locale, email } = data.buyer
    return {
      dedupe_key: `${id} ${data.refund_id}`, kind: 'order_refunded', mail: 'always',
      user_id: data.user_id, email, locale, url: `/orders/${data.order_id}`, request_id,
      write (locale) {
        const t = translator(locale)
        const body = t('refunded.partly', { event: data.event_title })
        return {
          title: t('refunded.title', { code: data.order_code }), footer: t('footer.order'),
          paragraphs: [body, ...(data.reason ? [data.reason] : [])],
          facts: refundFacts(data, data.order_code, locale),
        }
      },
    }
  }))
}
