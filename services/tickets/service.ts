import { copiesRestored, orderGivenUp } from '@fermata/contracts/backups'
import { credentialsDeleted } from '@fermata/contracts/auth'
import {
  eventCanceled, eventChanged, eventPublished, organizerMembersChanged,
} from '@fermata/contracts/events'
import { orderCanceled, orderCompleted, orderRefunded } from '@fermata/contracts/orders'
import * as api from '@fermata/contracts/tickets'
import { addressErased } from '@fermata/contracts/users'
import { followMembers, worksForSomebody } from '@fermata/platform/memberships'
import { cron } from '@fermata/platform/jobs'
import { on } from '@fermata/platform/messages'
import { defineService, route } from '@fermata/platform/service'
import { createPrinter } from './adapters/printer.ts'
import { TicketSettings } from './config.ts'
import type { Ctx } from './context.ts'
import { checkIn } from './operations/check-in.ts'
import { endOrders } from './operations/end-orders.ts'
import { forgetAddresses, forgetHolders } from './operations/forget-holders.ts'
import { getAdmissions } from './operations/get-admissions.ts'
import { getDoor } from './operations/get-door.ts'
import { getOrderCalendar } from './operations/get-order-calendar.ts'
import { getOrderPdf } from './operations/get-order-pdf.ts'
import { getTicketCalendar } from './operations/get-ticket-calendar.ts'
import { getTicketPdf } from './operations/get-ticket-pdf.ts'
import { getTicketQr } from './operations/get-ticket-qr.ts'
import { getTicket } from './operations/get-ticket.ts'
import { issueTickets } from './operations/issue-tickets.ts'
import { keepEvents } from './operations/keep-events.ts'
import { listTicketKeys } from './operations/list-ticket-keys.ts'
import { listTickets } from './operations/list-tickets.ts'
import { removeStale } from './operations/remove-stale.ts'
import { resendTicket } from './operations/resend-ticket.ts'
import { validateTicket } from './operations/validate-ticket.ts'
import { voidRestoredTickets } from './operations/void-restored-tickets.ts'
import { voidTicket } from './operations/void-ticket.ts'
import { createTicketKeys } from './ticket-keys.ts'
import { personalData } from './personal-data.ts'
import { madeSince } from './queries/made-since.ts'
import { statements } from './queries/statements.ts'
import { admitTickets } from './queries/tickets.ts'

export default defineService<Ctx>({
  name: 'tickets',
  personal_data: personalData,
  statements,
  madeSince,
  migrations: new URL('./migrations/', import.meta.url),
  settings: TicketSettings,
  routes: [
    route(api.listTickets, listTickets),
    route(api.getTicket, getTicket),
    route(api.getTicketPdf, getTicketPdf),
    route(api.getTicketQr, getTicketQr),
    route(api.getTicketCalendar, getTicketCalendar),
    route(api.listTicketKeys, listTicketKeys),
    route(api.validateTicket, validateTicket),
    route(api.checkIn, checkIn),
    route(api.getDoor, getDoor),
    route(api.voidTicket, voidTicket),
    route(api.resendTicket, resendTicket),
    route(api.getAdmissions, getAdmissions),
    route(api.getOrderPdf, getOrderPdf),
    route(api.getOrderCalendar, getOrderCalendar),
  ],
  hasStaff: (ctx, user_id) => worksForSomebody(ctx.db, 'tickets', user_id),
  subscriptions: [
    on(orderCompleted, issueTickets),
    on(orderRefunded, endOrders),
    on(orderCanceled, endOrders),
    on(orderGivenUp, endOrders),
    on(eventPublished, keepEvents),
    on(eventChanged, keepEvents),
    on(eventCanceled, keepEvents),
    on(organizerMembersChanged, followMembers('tickets')),
    on(credentialsDeleted, forgetHolders),
    on(addressErased, forgetAddresses),
    on(copiesRestored, voidRestoredTickets),
  ],
  jobs: [cron('remove-stale', '37 * * * *', removeStale)],
  start: async ctx => ({
    keys: createTicketKeys(ctx.settings.TICKET_SIGNATURE), printer: createPrinter(), admitTickets,
  }),
  stop: ctx => ctx.resources.printer.stop(),
})
