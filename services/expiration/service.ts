import { credentialsDeleted } from '@fermata/contracts/auth'
import { eventCanceled, eventChanged, eventPublished } from '@fermata/contracts/events'
import * as api from '@fermata/contracts/expiration'
import { orderCanceled, orderCompleted, orderExpired, orderPlaced } from '@fermata/contracts/orders'
import { every } from '@fermata/platform/jobs'
import { on } from '@fermata/platform/messages'
import { defineService, route } from '@fermata/platform/service'
import { ExpirationSettings } from './config.ts'
import type { Ctx } from './context.ts'
import { getDeadline } from './operations/get-deadline.ts'
import { listDeadlines } from './operations/list-deadlines.ts'
import { publishDue } from './operations/publish-due.ts'
import { endHolds, startHolds } from './operations/track-holds.ts'
import { endReminders, moveReminders, startReminders } from './operations/track-reminders.ts'
import { forgetOwners } from './operations/forget-owners.ts'
import { personalData } from './personal-data.ts'
import { statements } from './queries.ts'

/**
 * How late a deadline may be noticed; buyers do not wait for it, they take expired stock
 * themselves.
 */
const publish_interval_ms = 500

export default defineService<Ctx>({
  name: 'expiration',
  settings: ExpirationSettings,
  personal_data: personalData,
  statements,
  migrations: new URL('./migrations/', import.meta.url),
  routes: [
    route(api.listDeadlines, listDeadlines),
    route(api.getDeadline, getDeadline),
  ],
  subscriptions: [
    on(orderPlaced, startHolds),
    on(orderCompleted, endHolds),
    on(orderCanceled, endHolds),
    on(orderExpired, endHolds),
    on(eventPublished, startReminders),
    on(eventChanged, moveReminders),
    on(eventCanceled, endReminders),
    on(credentialsDeleted, forgetOwners),
  ],
  timers: [every(publish_interval_ms, publishDue)],
})
