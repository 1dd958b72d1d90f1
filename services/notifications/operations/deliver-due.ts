import { deadLetterAdded } from '@fermata/contracts/notifications'
import { getOrderCalendar, getOrderPdf } from '@fermata/contracts/tickets'
import { translator } from '../adapters/catalogue.ts'
import { renderMail, renderText, writeMail, writeSms } from '../adapters/mail-page.ts'
import { describeFailure } from '../adapters/smtp.ts'
import { actionUrl, isGone, linkUrls, Superseded } from '../action-url.ts'
import { lease_seconds, whileClaimed } from '../claimed-delivery.ts'
import type { Ctx } from '../context.ts'
import { claimDue, markDead, markDelivered, markFailed, type DueDelivery } from '../queries/deliveries.ts'
import { keptMail, sealMail } from '../kept-mails.ts'
import { beginRound, endRound } from '../mail-rounds.ts'
import { insertMail } from '../queries/mailbox.ts'
import { rememberUnreached } from '../server-return.ts'
import { tickets_not_valid } from '../rules/superseded.ts'
import {
  isLastAttempt, patience_for_attachments, retryDelay, type Attachment, type OutgoingMail,
} from '../rules/outgoing.ts'

/** Mails on their way at once, of each process: so many keep the thread that prints at work. */
export const senders = 4
/** A mail that has waited for so long is late, and no rush holds up those behind it. */
const late_s = 4
const max_error_length = 1000

/**
 * Sends what is due, the most urgent first; in a rush one mail a round besides those about
 * accounts, so that tickets are issued before they are printed, until mails are late. Who is killed
 * between the mail server and the table sends a mail again, with the same Message-ID.
 */
export async function deliverDue (ctx: Ctx): Promise<void> {
  const { is_rush, ends_at } = beginRound(ctx.resources.rounds)
  let is_all_sent = false
  await Promise.all(Array.from({ length: is_rush ? 1 : senders }, async () => {
    while (performance.now() < ends_at) {
      const delivery = await claimDue(ctx.db, lease_seconds)
      if (!delivery) {
        is_all_sent = true
        return
      }
      ctx.resources.rounds.is_late = delivery.waited_s > late_s
      await ctx.tracing.batch(traced, [delivery], ([own]) =>
        whileClaimed(ctx, own!, sent => deliver(ctx, own!, sent)))
      if (is_rush && delivery.kind !== 'account') return
    }
  }))
  endRound(ctx.resources.rounds, { more: !is_rush && !is_all_sent })
  // In a rush every purchase wakes the senders, and they would take all that buyers leave.
  ctx.resources.post.rests = is_rush
  if (!is_all_sent) ctx.resources.post.wake()
}

const traced = { service: 'notifications', name: 'deliver', kind: 'internal' as const }

/** What fails is tried again later and ends as a dead letter that administrators see. */
async function deliver (ctx: Ctx, delivery: DueDelivery, sent: () => void): Promise<void> {
  let mail: OutgoingMail | undefined
  try {
    mail = await compose(ctx, delivery)
    await ctx.resources.sendMail?.(mail)
    sent()
  } catch (error) {
    sent()
    await handleFailure(ctx, delivery, error, mail !== undefined)
    return
  }
  if (ctx.resources.sendMail) {
    await markDelivered(ctx.db, delivery.id)
    return
  }
  await ctx.transaction(async tx => {
    // Its account may have been erased while the mail was made.
    if (await markDelivered(tx, delivery.id) > 0) {
      await insertMail(tx, sealMail(ctx.resources.mail_box, keptMail(delivery.id, mail)))
    }
  })
}

async function compose (ctx: Ctx, delivery: DueDelivery): Promise<OutgoingMail> {
  const { PUBLIC_URL, MAIL_FROM } = ctx.settings
  const { id, locale, recipient, subject } = delivery
  const attachments = await attach(ctx, delivery)
  const { attached, ...words } = delivery.content
  const content = attached && attachments.length > 0
    ? { ...words, paragraphs: [...words.paragraphs, attached] }
    : words
  const frame = {
    locale, public_url: PUBLIC_URL, action_url: await actionUrl(ctx, delivery),
    links: await linkUrls(ctx, delivery),
  }
  const common = {
    to: recipient, subject, attachments, message_id: `<${id}@${new URL(PUBLIC_URL).hostname}>`,
  }
  if (delivery.channel === 'email') {
    return { ...common, from: MAIL_FROM, text: writeMail(content, frame),
      html: await renderMail(content, frame) }
  }
  const text = writeSms(content, frame)
  return { ...common, from: 'SMS', text, html: await renderText(text, locale) }
}

/** The order's tickets. When they cannot be had for long, the mail goes without: it has a link. */
async function attach (ctx: Ctx, delivery: DueDelivery): Promise<Attachment[]> {
  const { attach_order_id: order_id, locale } = delivery
  const request_id = delivery.request_id ?? undefined
  if (order_id === null) return []
  const t = translator(locale)
  try {
    const [pdf, calendar] = await Promise.all([
      ctx.call(getOrderPdf, { params: { order_id }, query: { locale }, request_id }),
      ctx.call(getOrderCalendar, { params: { order_id }, request_id }),
    ])
    return [
      { filename: t('file.tickets'), content_type: 'application/pdf', content: bytesOf(pdf) },
      { filename: t('file.event'), content_type: 'text/calendar', content: bytesOf(calendar) },
    ]
  } catch (error) {
    if (isGone(error)) throw new Superseded(tickets_not_valid)
    if (delivery.attempts > patience_for_attachments) return []
    throw error
  }
}

const bytesOf = (body: Uint8Array | string) => typeof body === 'string' ? Buffer.from(body) : body

async function handleFailure (
  ctx: Ctx, delivery: DueDelivery, error: unknown, was_composed: boolean
): Promise<void> {
  const { id, attempts, kind, request_id } = delivery
  if (error instanceof Superseded) {
    await markDead(ctx.db, id, error.message)
    return
  }
  const { code, is_refused, words: said } = describeFailure(error)
  const words = said.slice(0, max_error_length)
  const is_last = isLastAttempt(attempts, is_refused)
  ctx.log.warn({ request_id, delivery_id: id, kind, attempts, code },
    is_last ? 'delivery given up' : 'delivery failed, will be tried again')
  if (!is_last) {
    await markFailed(ctx.db, id, words,
      retryDelay(ctx.settings.MAIL_RETRY_SECONDS, attempts, was_composed))
    void rememberUnreached(ctx, id, code)
    return
  }
  await ctx.transaction(async tx => {
    const dead_at = await markDead(tx, id, words)
    if (dead_at) await ctx.publish(tx, deadLetterAdded, [{
      dead_letter_id: id, service: ctx.service, subject: kind, error: code, added_at: dead_at,
    }])
  })
}
