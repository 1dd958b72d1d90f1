import { createTransport } from 'nodemailer'
import type { NotificationSettings } from '../config.ts'
import type { OutgoingMail } from '../rules/outgoing.ts'

export type SendMail = (mail: OutgoingMail) => Promise<void>

/** A mail server that does not answer by then is asked again later; the job must not hang. */
const timeout_ms = 20_000

/** The mail server of the settings, or null without one. */
export function createSmtp (settings: NotificationSettings): { sendMail: SendMail, close: () => void } | null {
  if (!settings.MAIL_HOSTNAME) return null
  const transport = createTransport({
    host: settings.MAIL_HOSTNAME, port: settings.MAIL_PORT, secure: settings.MAIL_SECURE, pool: true, maxConnections: 3,
    connectionTimeout: timeout_ms, greetingTimeout: timeout_ms, socketTimeout: timeout_ms,
    ...(settings.MAIL_USERNAME && { auth: { user: settings.MAIL_USERNAME, pass: settings.MAIL_PASSWORD ?? '' } }),
    // Texts come from people: no path or address in them may make the mailer fetch anything.
    disableFileAccess: true, disableUrlAccess: true,
  })
  return {
    async sendMail (mail) {
      await transport.sendMail({
        from: mail.from, to: mail.to, subject: mail.subject, text: mail.text, html: mail.html, messageId: mail.message_id,
        headers: { 'Auto-Submitted': 'auto-generated' },
        attachments: mail.attachments.map(one => ({ filename: one.filename, contentType: one.content_type, content: Buffer.from(one.content) })),
      })
    },
    close: () => { transport.close() },
  }
}
