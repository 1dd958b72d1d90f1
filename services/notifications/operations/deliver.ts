import { notFound } from '@fermata/contracts/problems'
import { deadLetterAdded } from '@fermata/contracts/notifications'
import { getOrderCalendar, getOrderPdf } from '@fermata/contracts/tickets'
import { Problem } from '@fermata/platform/problem'
import { renderMail } from '../adapters/mail-page.ts'
import type { Ctx } from '../context.ts'
import { deliveryKey } from '../notify.ts'
import { findDelivery, insertMail, markDelivered, markDeliveryFailed, type DeliveryRow } from '../queries.ts'
import { max_attempts, retryDelay, type OutgoingMail } from '../rules/outgoing.ts'

/**
 * Sends one delivery. The mail server has it before we know that it has: a process killed in between sends it again
 * with the same Message-ID. What fails is tried again later and ends as a dead letter that administrators see.
 */
export async function deliver (ctx: Ctx, { delivery_id }: { delivery_id: string }): Promise<void> {
  const delivery = await findDelivery(ctx.db, delivery_id)
  if (!delivery || delivery.status === 'sent' || delivery.status === 'dead') return
  try {
    await send(ctx, delivery)
  } catch (error) {
    await retryLater(ctx, delivery, error instanceof Error ? error.message : String(error))
  }
}

async function send (ctx: Ctx, delivery: DeliveryRow): Promise<void> {
  const mail = await compose(ctx, delivery)
  const { sendMail } = ctx.resources
  // There is no SMS gateway: messages to phones are shown in the development mailbox or, with a mail server, dropped with a log line.
  if (delivery.channel === 'email' && sendMail) await sendMail(mail)
  await ctx.transaction(async tx => {
    if (delivery.channel === 'sms' || !sendMail) await insertMail(tx, {
      ...mail, id: delivery.id, attachments: mail.attachments.map(({ filename, content_type, content }) =>
        ({ filename, content_type, content_base64: Buffer.from(content).toString('base64') })) })
    await markDelivered(tx, delivery.id)
  })
}

async function compose (ctx: Ctx, delivery: DeliveryRow): Promise<OutgoingMail> {
  const { PUBLIC_URL, MAIL_FROM } = ctx.settings
  const page = await renderMail(delivery.content, delivery.locale, PUBLIC_URL)
  const attachments = delivery.attach_order_id ? await attach(ctx, delivery.attach_order_id, delivery.locale) : []
  return { ...page, from: MAIL_FROM, to: delivery.recipient, attachments, message_id: `<${delivery.id}@${new URL(PUBLIC_URL).hostname}>` }
}

/** The order's tickets; an order whose tickets were all voided meanwhile is mailed without. */
async function attach (ctx: Ctx, order_id: string, locale: 'en' | 'fr'): Promise<OutgoingMail['attachments']> {
  try {
    const pdf = await ctx.call(getOrderPdf, { params: { order_id }, query: { locale } })
    const calendar = await ctx.call(getOrderCalendar, { params: { order_id } })
    return [
      { filename: 'tickets.pdf', content_type: 'application/pdf', content: bytes(pdf) },
      { filename: 'event.ics', content_type: 'text/calendar', content: bytes(calendar) },
    ]
  } catch (error) {
    if (error instanceof Problem && error.definition.type === notFound.type) return []
    throw error
  }
}

const bytes = (body: Uint8Array | string) => typeof body === 'string' ? Buffer.from(body) : body

async function retryLater (ctx: Ctx, delivery: DeliveryRow, error: string): Promise<void> {
  const attempts = delivery.attempts + 1
  const dead = attempts >= max_attempts
  const next = dead ? null : new Date(Date.now() + retryDelay(ctx.settings.MAIL_RETRY_SECONDS, attempts) * 1000)
  ctx.log.warn({ delivery_id: delivery.id, attempts, error }, dead ? 'delivery given up' : 'delivery failed, will be tried again')
  await ctx.transaction(async tx => {
    await markDeliveryFailed(tx, delivery.id, error.slice(0, 1000), next)
    if (next) await ctx.addJob(tx, 'deliver', { delivery_id: delivery.id }, { key: deliveryKey(delivery.id), run_at: next })
    else await ctx.publish(tx, deadLetterAdded, [{ dead_letter_id: delivery.id, service: 'notifications', subject: delivery.kind,
      error: error.slice(0, 1000), added_at: new Date().toISOString() }])
  })
}
