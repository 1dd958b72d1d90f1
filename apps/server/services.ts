import type { ServiceName } from '@fermata/contracts/services'
import type { ServiceDefinition } from '@fermata/platform/service'
import auth from '@fermata/auth/service'
import backups from '@fermata/backups/service'
import events from '@fermata/events/service'
import expiration from '@fermata/expiration/service'
import gateway from '@fermata/gateway/service'
import notifications from '@fermata/notifications/service'
import orders from '@fermata/orders/service'
import payments from '@fermata/payments/service'
import tickets from '@fermata/tickets/service'
import users from '@fermata/users/service'

/** Every service there is. */
export const allServices: Record<ServiceName, ServiceDefinition> = {
  gateway, auth, users, events, orders, payments, tickets, notifications, expiration, backups,
}
