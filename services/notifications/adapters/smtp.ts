import { createTransport } from 'nodemailer'
import type { NotificationSettings } from '../config.ts'
import type { Attachment, OutgoingMail } from '../rules/outgoing.ts'

export type SendMail = (mail: OutgoingMail) => Promise<void>

/** A mail server that is silent for so long is asked again later. */
const silence_ms = 20_000
/**
 * One that keeps talking without an end is left, too: a mail must not hold up the next for ever.
 */
const longest_ms = 60_000

export interface Smtp {
  sendMail: SendMail
  /** Whether it takes a connection, and our account. */
  isThere: () => Promise<boolean>
  close: () => void
}

/** The mail server of the settings, or null without one. */
export function createSmtp (settings: NotificationSettings, connections: number): Smtp | null {
  const { MAIL_HOSTNAME, MAIL_PORT, MAIL_SECURE, MAIL_USERNAME, MAIL_PASSWORD } = settings
  if (!MAIL_HOSTNAME) return null
  const transport = createTransport({
    host: MAIL_HOSTNAME, port: MAIL_PORT, secure: MAIL_SECURE, pool: true,
    maxConnections: connections,
    connectionTimeout: silence_ms, greetingTimeout: silence_ms, socketTimeout: silence_ms,
    // A password never crosses a network in the clear.
    requireTLS: MAIL_USERNAME !== undefined && !isThisMachine(MAIL_HOSTNAME),
    ...(MAIL_USERNAME && { auth: { user: MAIL_USERNAME, pass: MAIL_PASSWORD ?? '' } }),
    // Texts come from people: no path or address in them may make the mailer fetch anything.
    disableFileAccess: true, disableUrlAccess: true,
  })
  return {
    async sendMail (mail) {
      await within(longest_ms, transport.sendMail({
        from: mail.from,
        // As an address, not as a text in which a comma would begin another.
        to: { name: '', address: mail.to },
        subject: mail.subject, text: mail.text, html: mail.html, messageId: mail.message_id,
        headers: { 'Auto-Submitted': 'auto-generated' },
        attachments: mail.attachments.map(asAttachment),
      }))
    },
    isThere: () => within(longest_ms, transport.verify()).then(() => true, () => false),
    close: () => { transport.close() },
  }
}

const isThisMachine = (host: string) => ['localhost', '127.0.0.1', '::1'].includes(host)

const asAttachment = ({ filename, content_type, content }: Attachment) => ({
  filename, content: Buffer.from(content),
  contentType: content_type.startsWith('text/') ? `${content_type}; charset=utf-8` : content_type,
})

async function within<T> (limit_ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${limit_ms / 1000} s`)), limit_ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** What a failure may say in a log: never the server's words, for they repeat the address. */
export interface MailFailure {
  code: string
  is_refused: boolean
  /** For administrators: what the server said, unless that was about the password. */
  words: string
}

/**
 * Whether the server refused this very mail for good (RFC 5321: 5yz); a wrong password or a broken
 * connection is no word about the mail.
 */
export function describeFailure (error: unknown): MailFailure {
  const { code, responseCode: status } = error as { code?: unknown, responseCode?: unknown }
  const answer = typeof status === 'number' ? status : null
  const name = typeof code === 'string' ? code : error instanceof Error ? error.name : 'unknown'
  return {
    code: answer === null ? name : `${name} ${answer}`,
    is_refused: answer !== null && answer >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE'),
    // Some servers repeat what they were told, in base64 at that.
    words: code === 'EAUTH' ? `The mail server did not accept the account (${answer ?? 'no answer'}).`
      : error instanceof Error ? error.message : String(error),
  }
}
