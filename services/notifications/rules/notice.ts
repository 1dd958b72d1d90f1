import { erasedBuyer, type Locale } from '@fermata/contracts/fields'
import { storedAddress } from '@fermata/contracts/mailboxes'
import type { Channel, NotificationKind } from '@fermata/contracts/notifications'
import { inLines, type Action, type Content } from './outgoing.ts'

/** One piece of news for one person, before anyone looked up how they want to hear it. */
export interface Notice {
  /** Names the news and the recipient; what was queued under it once is not queued again. */
  dedupe_key: string
  kind: NotificationKind
  /** Null for guests, who have chosen nothing and get mails about what they ordered. */
  user_id: string | null
  email: string
  /** Of the order or the request; spoken where nobody has said what they read. */
  locale: Locale
  /** The words in one language: the app and the mail may have different readers. */
  write: (locale: Locale) => Content
  /** Where the app leads; without tokens, which belong into mails only. */
  url: string | null
  /**
   * `always` for what people must have; `wanted` follows their settings; `owned` does, too, and is
   * mailed only to an address that its account has proven: it is about what anybody can do with any
   * address, and costs nothing; `never` stays in the app.
   */
  mail: 'always' | 'wanted' | 'owned' | 'never'
  /** False for links that prove something: whoever reads them in the app has proven it already. */
  in_app?: boolean
  attach_order_id?: string
  /** For what cost nothing, so that a stranger can cause it. */
  unpaid?: Unpaid
  /** Of the request that led to it, where there was one. */
  request_id?: string | null
}

/** What is counted of a mail that cost whoever caused it nothing. */
export interface Unpaid {
  /** Keyed hashes of the network and of the account or browser that placed the order. */
  sender: { network: string, person?: string } | undefined
  /** How another mail would name what it is about. */
  link: Action
  /** Whose mails are counted by themselves, so that nobody else's orders hold them back. */
  apart?: string
}

/** What a person has chosen. */
export interface Wishes {
  user_id: string
  /** The address that is proven to be theirs; empty without one. */
  proven_email: string
  phone: string | null
  /** What they read; null of somebody of whom no more is known than a number. */
  locale: Locale | null
  email_notifications: boolean
  in_app_notifications: boolean
  sms_notifications: boolean
}

export interface NewMessage {
  dedupe_key: string
  user_id: string
  kind: NotificationKind
  title: string
  body: string
  url: string | null
}

export interface NewDelivery {
  dedupe_key: string
  channel: Exclude<Channel, 'in_app'>
  kind: NotificationKind
  user_id: string | null
  recipient: string
  locale: Locale
  subject: string
  content: Content
  attach_order_id: string | null
  request_id: string | null
  priority: number
  /** Null: at once. */
  send_at: string | null
  unpaid?: Unpaid
}

/** People wait for the first two before a screen or a door; the rest may take its time. */
const priorities: Partial<Record<NotificationKind, number>> = { account: 0, tickets_issued: 1 }
const default_priority = 2

export interface Routed { messages: NewMessage[], deliveries: NewDelivery[] }

/**
 * Turns notices into what goes to the app, the mail server and the phone.
 * @param has_sms false where there is no way to send or show one
 */
export function routeNotices (
  notices: Notice[], wishes: Map<string, Wishes>, has_sms: boolean
): Routed {
  const routed = notices.map(notice =>
    routeOne(notice, notice.user_id === null ? undefined : wishes.get(notice.user_id), has_sms))
  return {
    messages: routed.flatMap(one => one.messages),
    deliveries: routed.flatMap(one => one.deliveries),
  }
}

function routeOne (notice: Notice, wish: Wishes | undefined, has_sms: boolean): Routed {
  const { dedupe_key, kind, user_id, url, mail } = notice
  const deliveries: NewDelivery[] = []
  // Who was erased is told nothing more.
  if (notice.email === erasedBuyer.email) return { messages: [], deliveries: [] }
  // The account reads the app and its own mails; another address has whoever ordered for it.
  const own_locale = wish?.locale ?? notice.locale
  const is_own = wish?.proven_email === storedAddress(notice.email)
  const wants_mail = mail === 'always' || (wish?.email_notifications ?? true)
  if (mail !== 'never' && wants_mail && (mail !== 'owned' || is_own)) {
    deliveries.push({
      ...inLanguage(notice, is_own ? own_locale : notice.locale),
      dedupe_key: `${dedupe_key} email`, channel: 'email', recipient: notice.email,
      attach_order_id: notice.attach_order_id ?? null,
      // Who orders for the address that is proven to be theirs is no stranger to it.
      unpaid: is_own ? undefined : notice.unpaid,
    })
  }
  if (has_sms && mail !== 'never' && kind !== 'account' && wish?.sms_notifications && wish.phone) {
    deliveries.push({
      ...inLanguage(notice, own_locale), dedupe_key: `${dedupe_key} ${user_id} sms`,
      channel: 'sms', recipient: wish.phone, attach_order_id: null,
    })
  }
  const is_shown = user_id !== null && (notice.in_app ?? true) &&
    (wish?.in_app_notifications ?? true)
  if (!is_shown) return { messages: [], deliveries }
  const { title, paragraphs, facts } = inLines(notice.write(own_locale))
  // What a change is about: the page of the event says how it is, and nothing of how it was.
  const changes = kind === 'event_changed' ? facts.map(([label, text]) => `${label}: ${text}`) : []
  const body = [...paragraphs, changes.join('\n')].filter(Boolean).join('\n\n')
  // An address hears once; accounts that ordered for the same address hear each for itself.
  const message = { dedupe_key: `${dedupe_key} ${user_id}`, user_id, kind, title, body, url }
  return { messages: [message], deliveries }
}

/** What deliveries of a notice have in common. */
function inLanguage (notice: Notice, locale: Locale) {
  const { kind, user_id, write, request_id = null } = notice
  const content = inLines(write(locale))
  return {
    kind, user_id, locale, content, subject: content.title, request_id, send_at: null,
    priority: priorities[kind] ?? default_priority,
  }
}
