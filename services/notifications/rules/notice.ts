import type { Locale } from '@fermata/contracts/fields'
import type { NotificationKind } from '@fermata/contracts/notifications'
import type { Content } from './outgoing.ts'

/** One piece of news for one person, before anyone looked up how they want to hear it. */
export interface Notice {
  /** Names the news and the recipient; what was queued under it once is not queued again. */
  dedupe_key: string
  kind: NotificationKind
  user_id: string | null
  email: string
  locale: Locale
  content: Content
  /** Where the app leads; without tokens, which belong into mails only. */
  url: string | null
  /** `always` for what people must have; `wanted` follows their settings; `never` stays in the app. */
  mail: 'always' | 'wanted' | 'never'
  attach_order_id?: string
}

/** What a person has chosen; guests have chosen nothing and get mails about what they ordered. */
export interface Wishes {
  user_id: string
  phone: string | null
  email_notifications: boolean
  in_app_notifications: boolean
  sms_notifications: boolean
}

export interface NewMessage { dedupe_key: string, user_id: string, kind: string, title: string, body: string, url: string | null }

export interface NewDelivery {
  dedupe_key: string, channel: 'email' | 'sms', kind: string, recipient: string, locale: Locale, subject: string, content: Content
  attach_order_id: string | null
}

/** Turns notices into what goes to the app, the mail server and the phone. */
export function route (notices: Notice[], wishes: Map<string, Wishes>): { messages: NewMessage[], deliveries: NewDelivery[] } {
  const messages: NewMessage[] = []
  const deliveries: NewDelivery[] = []
  for (const notice of notices) {
    const wish = notice.user_id === null ? undefined : wishes.get(notice.user_id)
    const { dedupe_key, kind, content, locale } = notice
    if (notice.user_id !== null && (wish?.in_app_notifications ?? true)) {
      messages.push({ dedupe_key, user_id: notice.user_id, kind, title: content.title, body: content.paragraphs.join('\n\n'), url: notice.url })
    }
    const common = { kind, locale, subject: content.title, content }
    if (notice.mail === 'always' || (notice.mail === 'wanted' && (wish?.email_notifications ?? true))) {
      deliveries.push({ ...common, dedupe_key: `${dedupe_key} email`, channel: 'email', recipient: notice.email,
        attach_order_id: notice.attach_order_id ?? null })
    }
    if (notice.mail !== 'never' && wish?.sms_notifications && wish.phone) {
      deliveries.push({ ...common, dedupe_key: `${dedupe_key} sms`, channel: 'sms', recipient: wish.phone, attach_order_id: null })
    }
  }
  return { messages, deliveries }
}
