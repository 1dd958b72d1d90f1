import * as auth from '@fermata/contracts/auth'
import { backupFailed } from '@fermata/contracts/backups'
import { eventCanceled, eventChanged, eventPublished } from '@fermata/contracts/events'
import { deadlineReached } from '@fermata/contracts/expiration'
import * as api from '@fermata/contracts/notifications'
import * as orders from '@fermata/contracts/orders'
import { paymentFailed, paymentRefunded } from '@fermata/contracts/payments'
import { ticketResent, ticketsIssued, ticketVoided } from '@fermata/contracts/tickets'
import { addressErased, addressLinkRequested, settingsChanged } from '@fermata/contracts/users'
import { createAlarm, cron, every } from '@fermata/platform/jobs'
import { on } from '@fermata/platform/messages'
import { createSecretBox } from '@fermata/platform/secret-box'
import { defineService, route } from '@fermata/platform/service'
import { createSmtp } from './adapters/smtp.ts'
import { afterRestore } from './after-restore.ts'
import { default_sender, NotificationSettings } from './config.ts'
import type { Ctx } from './context.ts'
import { addMailGauges } from './mail-gauges.ts'
import { createMailRounds } from './mail-rounds.ts'
import { deliverDue, senders } from './operations/deliver-due.ts'
import { getOrderMail } from './operations/get-order-mail.ts'
import { listDeliveries, retryDelivery } from './operations/list-deliveries.ts'
import {
  countUnread, listNotifications, readNotification,
} from './operations/list-notifications.ts'
import {
  keepPublished, tellChanged, tellEventCanceled, tellReminder,
} from './operations/notify-about-events.ts'
import {
  tellCanceled, tellCompleted, tellExpired, tellHeld, tellRefunded, tellReturned,
} from './operations/notify-about-orders.ts'
import { tellPartRefunded, tellPaymentFailed } from './operations/notify-about-payments.ts'
import { mailTicketAgain, mailTickets, tellVoided } from './operations/notify-about-tickets.ts'
import { tellBackupFailed, tellDeadLetter } from './operations/notify-admins.ts'
import {
  erase, forgetAddresses, keepProven, keepRoles, keepSettings, mailAddressLink,
  mailPasswordReset, mailVerification,
  welcome,
} from './operations/notify-people.ts'
import { getMail, listMailbox } from './operations/read-mailbox.ts'
import { removeStale } from './operations/remove-stale.ts'
import { sendNotification } from './operations/send-notification.ts'
import { personalData } from './personal-data.ts'
import { hurryWhenBack, look_ms } from './server-return.ts'
import { statements } from './queries/statements.ts'

/** Whoever queues a mail wakes the senders; this is for what waits for its time, or was left. */
const deliver_interval_ms = 300

/** Guests have no app in which to see what no mail tells. */
const isSeenInApp = ({ user_id }: { user_id: string | null }) => user_id !== null

export default defineService<Ctx>({
  name: 'notifications',
  personal_data: personalData,
  statements,
  afterRestore,
  migrations: new URL('./migrations/', import.meta.url),
  settings: NotificationSettings,
  routes: [
    route(api.listNotifications, listNotifications),
    route(api.countUnread, countUnread),
    route(api.readNotification, readNotification),
    route(api.sendNotification, sendNotification),
    route(api.getOrderMail, getOrderMail),
    route(api.listDeliveries, listDeliveries),
    route(api.retryDelivery, retryDelivery),
    route(api.listMailbox, listMailbox),
    route(api.getMail, getMail),
  ],
  subscriptions: [
    on(auth.userRegistered, welcome),
    on(auth.verificationRequested, mailVerification),
    on(auth.passwordResetRequested, mailPasswordReset),
    on(auth.emailVerified, keepProven),
    on(auth.rolesChanged, keepRoles),
    on(auth.credentialsDeleted, erase),
    on(addressLinkRequested, mailAddressLink),
    on(addressErased, forgetAddresses),
    on(settingsChanged, keepSettings),
    on(eventPublished, keepPublished),
    on(eventChanged, tellChanged),
    on(eventCanceled, tellEventCanceled),
    on(deadlineReached, tellReminder),
    on(orders.orderPlaced, tellHeld, isSeenInApp),
    on(orders.orderCompleted, tellCompleted, isSeenInApp),
    on(orders.orderCanceled, tellCanceled),
    on(orders.orderExpired, tellExpired),
    on(orders.orderRefunded, tellRefunded),
    on(orders.paymentReturned, tellReturned),
    on(paymentFailed, tellPaymentFailed, isSeenInApp),
    on(paymentRefunded, tellPartRefunded),
    on(ticketsIssued, mailTickets),
    on(ticketResent, mailTicketAgain),
    on(ticketVoided, tellVoided),
    on(backupFailed, tellBackupFailed),
    on(api.deadLetterAdded, tellDeadLetter),
  ],
  jobs: [cron('remove-stale', '19 * * * *', removeStale)],
  timers: [
    every(deliver_interval_ms, deliverDue, ctx => ctx.resources.post),
    every(look_ms, hurryWhenBack),
  ],
  start: async ctx => {
    const { settings } = ctx
    addMailGauges(ctx)
    // Anybody can sign in as the demo's people, and none of them exists.
    const smtp = settings.FERMATA_DEMO ? null : createSmtp(settings, senders)
    const is_production = settings.NODE_ENV === 'production'
    if (is_production && !smtp) {
      throw new Error('MAIL_HOSTNAME is needed in production: ' +
        'without a mail server no buyer gets their tickets by mail.')
    }
    if (is_production && settings.MAIL_FROM === default_sender) {
      throw new Error('MAIL_FROM is needed in production, such as "Hall <tickets@example.org>": ' +
        'mail servers refuse senders that do not exist.')
    }
    return {
      sendMail: smtp?.sendMail ?? null,
      isThere: smtp?.isThere ?? (() => Promise.resolve(false)),
      unreached: { ids: new Set(), was_away: false },
      has_mailbox: !smtp && !is_production,
      mail_box: createSecretBox(settings.ORDER_SIGNATURE, 'kept-mails'),
      rounds: createMailRounds(),
      post: createAlarm(),
      close: () => smtp?.close(),
    }
  },
  stop: async ctx => { ctx.resources.close() },
})
