import type { Mail } from '@fermata/contracts/notifications'
import type { SecretBox } from '@fermata/platform/secret-box'
import type { KeptMail } from './queries/mailbox.ts'
import type { OutgoingMail } from './rules/outgoing.ts'

/** How mails lie in the development mailbox: whoever copies the database opens none of their links. */

type Words = Pick<Mail, 'text' | 'html' | 'attachments'>

export function sealMail (
  box: SecretBox, { text, html, attachments, ...rest }: Omit<Mail, 'sent_at'>
): Omit<KeptMail, 'sent_at'> {
  const words: Words = { text, html, attachments }
  return { ...rest, attachment_count: attachments.length,
    sealed: box.seal(rest.id, Buffer.from(JSON.stringify(words))) }
}

/** Null for one that lies under a secret which this installation does not have any more. */
export function openMail (
  box: SecretBox, { sealed, attachment_count: _, ...rest }: KeptMail
): Mail | null {
  const words = box.open(rest.id, sealed)
  return words && { ...rest, ...JSON.parse(words.toString()) as Words }
}

/** A mail as the mailbox keeps it. */
export const keptMail = (
  id: string, { from, to, subject, text, html, attachments }: OutgoingMail
): Omit<Mail, 'sent_at'> => ({
  id, from, to, subject, text, html, attachments: attachments.map(one => ({
    filename: one.filename, content_type: one.content_type,
    content_base64: Buffer.from(one.content).toString('base64'),
  })),
})
