import { Type, type Static } from 'typebox'
import { defineEvent, defineProblem, defineRoute } from './define.ts'
import {
  described, Email, IdParams, ListQuery, Locale, Nullable, Page, Text, Timestamp, Uuid,
} from './fields.ts'

/** Mail, SMS and in-app messages, with retries and dead letters. */

export const NotificationKind = Type.Enum([
  'account', 'order_held', 'order_completed', 'order_canceled', 'order_expired', 'order_refunded',
  'payment_failed', 'tickets_issued', 'ticket_voided', 'event_changed', 'event_canceled',
  'reminder', 'message', 'system',
])
export type NotificationKind = Static<typeof NotificationKind>

export const Notification = Type.Object({
  id: Uuid,
  kind: NotificationKind,
  title: Type.String(),
  body: Type.String(),
  url: Nullable(Type.String({ description: 'Path on this site where it leads' })),
  read_at: Nullable(Timestamp),
  created_at: Timestamp,
})
export type Notification = Static<typeof Notification>

export const Channel = Type.Enum(['email', 'sms', 'in_app'])
export type Channel = Static<typeof Channel>

export const DeliveryStatus = Type.Enum(['pending', 'sent', 'failed', 'dead'])
export type DeliveryStatus = Static<typeof DeliveryStatus>

export const Delivery = Type.Object({
  id: Uuid,
  channel: Channel,
  kind: NotificationKind,
  recipient: Type.String(),
  subject: Type.String(),
  status: DeliveryStatus,
  attempts: Type.Integer({ minimum: 0 }),
  last_error: Nullable(Type.String()),
  next_attempt_at: Nullable(Timestamp),
  created_at: Timestamp,
  sent_at: Nullable(Timestamp),
})
export type Delivery = Static<typeof Delivery>

export const NewNotification = Type.Object({
  email: Email,
  title: Text(200, 1),
  body: Text(10_000, 1),
  locale: Type.Optional(Locale),
})
export type NewNotification = Static<typeof NewNotification>

export const MailSummary = Type.Object({
  id: Uuid, to: Type.String(), subject: Type.String(), sent_at: Timestamp,
  attachment_count: Type.Integer({ minimum: 0 }),
})
export type MailSummary = Static<typeof MailSummary>

export const Mail = Type.Object({
  id: Uuid,
  from: Type.String(),
  to: Type.String(),
  subject: Type.String(),
  text: Type.String(),
  html: Type.String(),
  sent_at: Timestamp,
  attachments: Type.Array(Type.Object({
    filename: Type.String(), content_type: Type.String(), content_base64: Type.String(),
  })),
})
export type Mail = Static<typeof Mail>

export const notRetryable = defineProblem(
  'notifications/not-retryable', 409, 'Only a failed delivery is sent again',
  Type.Object({ delivery_status: DeliveryStatus }),
)

export const listNotifications = defineRoute({
  method: 'GET', path: '/api/notifications', access: 'user',
  aliases: ['/notifications'],
  summary: 'Your messages, newest first',
  query: ListQuery({
    unread: Type.Optional(described(Type.Boolean(), 'Only those that were not read')),
  }),
  reply: { 200: Page(Notification) },
  problems: [],
})

export const countUnread = defineRoute({
  method: 'GET', path: '/api/notifications/unread-count', access: 'user',
  summary: 'How many of your messages are unread',
  reply: { 200: Type.Object({ unread: Type.Integer({ minimum: 0 }) }) },
  problems: [],
})

export const sendNotification = defineRoute({
  method: 'POST', path: '/api/notifications', access: 'admin', idempotent: true,
  aliases: ['/notifications'],
  summary: 'Mail one person and keep the message in their list',
  body: NewNotification,
  reply: { 201: Delivery },
  problems: [],
  rate_limit: { max: 60, per_seconds: 60, by: 'account' },
})

export const readNotification = defineRoute({
  method: 'PATCH', path: '/api/notifications/{id}/read', access: 'user',
  summary: 'Mark a message of yours as read',
  params: IdParams,
  reply: { 200: Notification },
  problems: [],
})

export const getOrderMail = defineRoute({
  method: 'GET', path: '/api/notifications/orders/{id}', access: 'owner',
  summary: 'When the mail with the tickets of an order goes out',
  description:
    'Null: at once, or it has. Free orders are mailed so many at a time to one address and from ' +
    'one network; what is above that comes later, with others in one mail.',
  params: IdParams,
  reply: { 200: Type.Object({ due_at: Nullable(Timestamp) }) },
  problems: [],
})

export const listDeliveries = defineRoute({
  method: 'GET', path: '/api/notifications/deliveries', access: 'admin',
  summary: 'What was sent, waits or failed',
  query: ListQuery({
    status: Type.Optional(described(DeliveryStatus, 'Only those in this state')),
    channel: Type.Optional(described(Channel, 'Only by this way')),
    q: Type.Optional(described(Text(200), 'Part of an address or of a subject')),
  }),
  reply: { 200: Page(Delivery) },
  problems: [],
})

export const retryDelivery = defineRoute({
  method: 'POST', path: '/api/notifications/deliveries/{id}/retry', access: 'admin',
  summary: 'Send a failed delivery again',
  params: IdParams,
  reply: { 200: Delivery },
  problems: [notRetryable],
})

export const listMailbox = defineRoute({
  method: 'GET', path: '/api/notifications/mailbox', access: 'public',
  summary: 'Mails of the development mailbox', this_machine_only: true,
  description: 'Exists only in demo and development without a mail server, and for who asks on ' +
    'this machine; otherwise 404.',
  query: ListQuery({ to: Type.Optional(described(Text(254), 'Part of an address')) }),
  reply: { 200: Page(MailSummary) },
  problems: [],
})

export const getMail = defineRoute({
  method: 'GET', path: '/api/notifications/mailbox/{id}', access: 'public',
  summary: 'One mail of the development mailbox', this_machine_only: true,
  description: 'Exists only in demo and development without a mail server, and for who asks on ' +
    'this machine; otherwise 404.',
  params: IdParams,
  reply: { 200: Mail },
  problems: [],
})

/** A delivery is given up, or in any service an event by its handler; administrators are told. */
export const deadLetterAdded = defineEvent('notifications.dead_letter_added.v1', Type.Object({
  dead_letter_id: Uuid,
  service: Type.String(),
  subject: Type.String({ description: 'Event type or kind of message' }),
  error: Type.String(),
  added_at: Timestamp,
}))
