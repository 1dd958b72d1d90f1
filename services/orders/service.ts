import { deadlineReached } from '@fermata/contracts/expiration'
import * as api from '@fermata/contracts/orders'
import { every } from '@fermata/platform/jobs'
import { on } from '@fermata/platform/messages'
import { defineService, route } from '@fermata/platform/service'
import { Settings } from './config.ts'
import type { Ctx } from './context.ts'
import { expireForgotten, expireOrders } from './operations/expire-orders.ts'
import { placeOrder } from './operations/place-order.ts'
import { max_connections, startBoxOffice } from './box-office.ts'

/** The sweeper is only housekeeping: deadlines arrive as events, and buyers reclaim what is due themselves. */
const sweep_interval_ms = 30_000

export default defineService<Ctx>({
  name: 'orders',
  migrations: new URL('./migrations/', import.meta.url),
  settings: Settings,
  max_connections,
  routes: [
    route(api.placeOrder, placeOrder, { idempotency: 'operation' }),
  ],
  subscriptions: [
    on(deadlineReached, expireOrders),
  ],
  timers: [every(sweep_interval_ms, expireForgotten)],
  start: startBoxOffice,
})
