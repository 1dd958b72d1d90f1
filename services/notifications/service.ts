import * as auth from '@fermata/contracts/auth'
import { backupFailed } from '@fermata/contracts/backups'
import { eventCanceled, eventChanged, eventPublished } from '@fermata/contracts/events'
import { deadlineReached } from '@fermata/contracts/expiration'
import * as api from '@fermata/contracts/notifications'
import { orderCanceled, orderCompleted, orderExpired, orderPlaced, orderRefunded } from '@fermata/contracts/orders'
import { paymentFailed, paymentRefunded } from '@fermata/contracts/payments'
import { ticketResent, ticketsIssued, ticketVoided } from '@fermata/contracts/tickets'
import { settingsChanged } from '@fermata/contracts/users'
import { every, job } from '@fermata/platform/jobs'
import { on } from '@fermata/platform/messages'
import { defineService, route } from '@fermata/platform/service'
import { createSmtp } from './adapters/smtp.ts'
import { NotificationSettings } from './config.ts'
import type { Ctx } from './context.ts'
import { deliver } from './operations/deliver.ts'
import { listDeliveries, retryDelivery } from './operations/list-deliveries.ts'
import { countUnread, listNotifications, readNotification } from './operations/list-notifications.ts'
import { keepPublished, tellChanged, tellEventCanceled, tellReminder } from './operations/notify-about-events.ts'
import { tellCanceled, tellCompleted, tellExpired, tellHeld, tellRefunded } from './operations/notify-about-orders.ts'
import { tellPartRefunded, tellPaymentFailed } from './operations/notify-about-payments.ts'
import { mailTicketAgain, mailTickets, tellVoided } from './operations/notify-about-tickets.ts'
import { tellBackupFailed, tellDeadLetter } from './operations/notify-admins.ts'
import { erase, keepRoles, keepSettings, mailPasswordReset, mailVerification, welcome } from './operations/notify-people.ts'
import { getMail, listMailbox } from './operations/read-mailbox.ts'
import { requeueForgotten } from './operations/requeue-forgotten.ts'
import { sendNotification } from './operations/send-notification.ts'

export default defineService<Ctx>({
  name: 'notifications',
  migrations: new URL('./migrations/', import.meta.url),
  settings: NotificationSettings,
  routes: [
    route(api.listNotifications, listNotifications),
    route(api.countUnread, countUnread),
    route(api.readNotification, readNotification),
    route(api.sendNotification, sendNotification),
    route(api.listDeliveries, listDeliveries),
    route(api.retryDelivery, retryDelivery),
    route(api.listMailbox, listMailbox),
    route(api.getMail, getMail),
  ],
  subscriptions: [
    on(auth.userRegistered, welcome),
    on(auth.verificationRequested, mailVerification),
    on(auth.passwordResetRequested, mailPasswordReset),
    on(auth.rolesChanged, keepRoles),
    on(auth.credentialsDeleted, erase),
    on(settingsChanged, keepSettings),
    on(eventPublished, keepPublished),
    on(eventChanged, tellChanged),
    on(eventCanceled, tellEventCanceled),
    on(deadlineReached, tellReminder),
    on(orderPlaced, tellHeld),
    on(orderCompleted, tellCompleted),
    on(orderCanceled, tellCanceled),
    on(orderExpired, tellExpired),
    on(orderRefunded, tellRefunded),
    on(paymentFailed, tellPaymentFailed),
    on(paymentRefunded, tellPartRefunded),
    on(ticketsIssued, mailTickets),
    on(ticketResent, mailTicketAgain),
    on(ticketVoided, tellVoided),
    on(backupFailed, tellBackupFailed),
    on(api.deadLetterAdded, tellDeadLetter),
  ],
  jobs: [job('deliver', deliver)],
  timers: [every(60_000, requeueForgotten)],
  start: async ctx => {
    const smtp = createSmtp(ctx.settings)
    if (!smtp && ctx.settings.NODE_ENV === 'production') {
      throw new Error('MAIL_HOSTNAME is needed in production: without a mail server no buyer gets their tickets by mail.')
    }
    return { sendMail: smtp?.sendMail ?? null, close: () => smtp?.close() }
  },
  stop: async ctx => { ctx.resources.close() },
})
