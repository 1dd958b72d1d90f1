import { credentialsDeleted } from '@fermata/contracts/auth'
import {
  eventCanceled, eventChanged, eventPublished, organizerMembersChanged,
} from '@fermata/contracts/events'
import { deadlineReached } from '@fermata/contracts/expiration'
import * as api from '@fermata/contracts/orders'
import { paymentRefunded, paymentSucceeded } from '@fermata/contracts/payments'
import { addressErased } from '@fermata/contracts/users'
import { every } from '@fermata/platform/jobs'
import { followMembers } from '@fermata/platform/memberships'
import { on } from '@fermata/platform/messages'
import { defineService, route } from '@fermata/platform/service'
import { closeBoxOffice, refuseWhenFull, startBoxOffice } from './box-office.ts'
import { Settings } from './config.ts'
import type { Ctx } from './context.ts'
import { cancelOrder } from './operations/cancel-order.ts'
import { completeOrders } from './operations/complete-orders.ts'
import { createPromoCode } from './operations/create-promo-code.ts'
import { createPool } from './operations/create-pool.ts'
import { createTicketType } from './operations/create-ticket-type.ts'
import { deletePromoCode } from './operations/delete-promo-code.ts'
import { deleteTicketType } from './operations/delete-ticket-type.ts'
import { expireOrders, sweepHolds, tellExpired } from './operations/expire-orders.ts'
import { forgetAddresses, forgetBuyers } from './operations/forget-buyers.ts'
import { getAvailability, getAvailabilityEarly } from './operations/get-availability.ts'
import { getEventSales } from './operations/get-event-sales.ts'
import { getFairShares } from './operations/get-fair-shares.ts'
import { getOrder } from './operations/get-order.ts'
import { getOrdersForPayment } from './operations/get-orders-for-payment.ts'
import { getQueuePosition, getQueuePositionEarly } from './operations/get-queue-position.ts'
import { getQueueSettings } from './operations/get-queue-settings.ts'
import { getQueue } from './operations/get-queue.ts'
import { joinQueue } from './operations/join-queue.ts'
import { learnEvent } from './operations/learn-event.ts'
import { listOrders } from './operations/list-orders.ts'
import { listPools } from './operations/list-pools.ts'
import { listPromoCodes } from './operations/list-promo-codes.ts'
import { listTicketTypes } from './operations/list-ticket-types.ts'
import { listQueueJoins } from './operations/list-queue-joins.ts'
import { lookUpOrders } from './operations/look-up-orders.ts'
import { placeOrder } from './operations/place-order.ts'
import { quoteOrder } from './operations/quote-order.ts'
import { refundOrders } from './operations/refund-orders.ts'
import { setFairShares } from './operations/set-fair-shares.ts'
import { setEventPool } from './operations/set-event-pool.ts'
import { setQueue } from './operations/set-queue.ts'
import { tendWaitingRooms } from './operations/tend-waiting-rooms.ts'
import { cancelEventOrders, learnChanged, learnPublished } from './operations/track-events.ts'
import { uncountFreeOrders } from './operations/uncount-free-orders.ts'
import { updatePromoCode } from './operations/update-promo-code.ts'
import { updateTicketType } from './operations/update-ticket-type.ts'
import { personalData } from './personal-data.ts'
import { madeSince } from './queries/made-since.ts'
import { statements } from './queries/statements.ts'

/** How late the end of a hold is seen in what is available; buyers do not wait for it. */
const sweep_interval_ms = 250

/** How often some of the orders are told of whose hold has ended, without a burst of work. */
const tell_interval_ms = 250

/** How old an answer of the waiting room may be, and how often the number in it moves. */
const tend_interval_ms = 1000

/** How late free orders stop counting, after as long as a hold lasts. */
const uncount_interval_ms = 2000

/** Pages that read, handlers of events and the relay; sales have connections of their own. */
const max_connections = 6

export default defineService<Ctx>({
  name: 'orders',
  personal_data: personalData,
  statements,
  madeSince,
  migrations: new URL('./migrations/', import.meta.url),
  settings: Settings,
  max_connections,
  start: startBoxOffice,
  stop: closeBoxOffice,
  routes: [
    route(api.placeOrder, placeOrder, { idempotency: 'operation', refuse: refuseWhenFull }),
    route(api.quoteOrder, quoteOrder),
    route(api.listOrders, listOrders),
    route(api.lookUpOrders, lookUpOrders),
    route(api.getOrder, getOrder),
    route(api.cancelOrder, cancelOrder),
    route(api.getOrdersForPayment, getOrdersForPayment),
    route(api.listTicketTypes, listTicketTypes),
    route(api.getAvailability, getAvailability, { early: getAvailabilityEarly }),
    route(api.createTicketType, createTicketType),
    route(api.updateTicketType, updateTicketType),
    route(api.deleteTicketType, deleteTicketType),
    route(api.getFairShares, getFairShares),
    route(api.setFairShares, setFairShares),
    route(api.listPools, listPools),
    route(api.createPool, createPool),
    route(api.listPromoCodes, listPromoCodes),
    route(api.createPromoCode, createPromoCode),
    route(api.updatePromoCode, updatePromoCode),
    route(api.deletePromoCode, deletePromoCode),
    route(api.setEventPool, setEventPool),
    route(api.learnEvent, learnEvent),
    route(api.getEventSales, getEventSales),
    route(api.setQueue, setQueue),
    route(api.getQueueSettings, getQueueSettings),
    route(api.getQueue, getQueue),
    route(api.joinQueue, joinQueue),
    route(api.getQueuePosition, getQueuePosition, { early: getQueuePositionEarly }),
    route(api.listQueueJoins, listQueueJoins),
  ],
  subscriptions: [
    on(eventPublished, learnPublished),
    on(eventChanged, learnChanged),
    on(eventCanceled, cancelEventOrders),
    on(organizerMembersChanged, followMembers('orders')),
    on(paymentSucceeded, completeOrders),
    on(paymentRefunded, refundOrders),
    on(deadlineReached, expireOrders),
    on(credentialsDeleted, forgetBuyers),
    on(addressErased, forgetAddresses),
  ],
  timers: [
    every(sweep_interval_ms, sweepHolds),
    every(tell_interval_ms, tellExpired),
    every(tend_interval_ms, tendWaitingRooms),
    every(uncount_interval_ms, uncountFreeOrders),
  ],
})
