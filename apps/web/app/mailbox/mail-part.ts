import { getMail } from '@fermata/contracts/notifications'
import { data } from 'react-router'
import type { Route } from './+types/mail-part'
import { bodyOf } from '../server/answers.server.ts'
import { clientFor } from '../server/session.server.ts'

/**
 * What a mail may do in its frame: show its own styles and pictures, open links in another tab,
 * nothing else.
 */
const mail_policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"

/** `/mailbox/<id>/html`, `/mailbox/<id>/attachment-0` */
export async function loader ({ context, params }: Route.LoaderArgs) {
  const mail = bodyOf(context,
    await clientFor(context, null)(getMail, { params: { id: params.id } }))
  if (params.part === 'html') {
    const html = `<base target="_blank">${mail.html}`
    return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': mail_policy } })
  }
  const index = /^attachment-(\d{1,2})$/.exec(params.part)?.[1]
  const attachment = index === undefined ? undefined : mail.attachments[Number(index)]
  if (!attachment) throw data(null, { status: 404 })
  const name = attachment.filename.replace(/[^\w.-]+/g, '_')
  return new Response(Buffer.from(attachment.content_base64, 'base64'), {
    headers: {
      'content-type': /^[\w.+/-]+$/.exec(attachment.content_type)?.[0] ?? 'application/octet-stream',
      'content-disposition': `attachment; filename="${name}"`,
      'content-security-policy': "default-src 'none'; base-uri 'none'; sandbox",
    },
  })
}
