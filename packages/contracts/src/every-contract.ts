import * as auth from './auth.ts'
import * as backups from './backups.ts'
import * as events from './events.ts'
import * as expiration from './expiration.ts'
import * as gateway from './gateway.ts'
import * as notifications from './notifications.ts'
import * as orders from './orders.ts'
import * as payments from './payments.ts'
import type { ServiceName } from './services.ts'
import * as tickets from './tickets.ts'
import * as users from './users.ts'

/** What each service promises: its routes, events and problems by their names. */
export const everyContract: Record<ServiceName, Record<string, unknown>> = {
  gateway, auth, users, events, tickets, notifications, orders, payments, expiration, backups,
}
