import { credentialsDeleted } from '@fermata/contracts/auth'
import { orderGivenUp } from '@fermata/contracts/backups'
import { orderCanceled, orderRefunded, paymentReturned } from '@fermata/contracts/orders'
import * as api from '@fermata/contracts/payments'
import { addressErased } from '@fermata/contracts/users'
import { startLoop } from '@fermata/platform/loop'
import { on } from '@fermata/platform/messages'
import { defineService, route } from '@fermata/platform/service'
import { createSimulatedProvider } from './adapters/simulated-provider.ts'
import { PaymentsSettings } from './config.ts'
import type { Ctx } from './context.ts'
import { createJustStarted } from './just-started.ts'
import { askProviders } from './operations/ask-providers.ts'
import { confirmPayment } from './operations/confirm-payment.ts'
import { endOrders } from './operations/end-orders.ts'
import { getPayment } from './operations/get-payment.ts'
import { listPayments } from './operations/list-payments.ts'
import { refundPayment } from './operations/refund-payment.ts'
import { returnPayments } from './operations/return-payments.ts'
import { startPayment } from './operations/start-payment.ts'
import { getPaidStates } from './operations/get-paid-states.ts'
import { createPaymentDesk } from './payment-desk.ts'
import { forgetAddresses, forgetPayers } from './operations/forget-payers.ts'
import { personalData } from './personal-data.ts'
import { madeSince } from './queries/made-since.ts'
import { countUndecided } from './queries/payments.ts'
import { statements } from './queries/statements.ts'

/** A start wakes the loop; this is for what waits for its time, or was left by a killed process. */
const ask_poll_ms = 500

export default defineService<Ctx>({
  name: 'payments',
  personal_data: personalData,
  statements,
  madeSince,
  migrations: new URL('./migrations/', import.meta.url),
  settings: PaymentsSettings,
  routes: [
    route(api.startPayment, startPayment, { idempotency: 'operation' }),
    route(api.listPayments, listPayments),
    route(api.getPayment, getPayment),
    route(api.confirmPayment, confirmPayment),
    route(api.refundPayment, refundPayment),
    route(api.getPaidStates, getPaidStates),
  ],
  subscriptions: [
    on(orderCanceled, endOrders), on(orderRefunded, endOrders), on(orderGivenUp, endOrders),
    on(paymentReturned, returnPayments),
    on(credentialsDeleted, forgetPayers), on(addressErased, forgetAddresses),
  ],
  async start (ctx) {
    refusePretence(ctx)
    ctx.metrics.gauge('fermata_payments_undecided', 'Payments asked for a minute ago or longer, '
      + 'whose outcome nobody knows', { service: ctx.service }, () => countUndecided(ctx.db))
    const { SIMULATED_SLOW_MS: slow_ms, SIMULATED_LATE_MS: late_ms } = ctx.settings
    const providers = { simulated: createSimulatedProvider({ db: ctx.db, slow_ms, late_ms }) }
    const tables = { look_at_ms: 0 }
    const loop = startLoop(
      () => askProviders(ctx), { name: 'ask-providers', poll_ms: ask_poll_ms, log: ctx.log })
    return {
      providers, desk: createPaymentDesk(ctx), justStarted: createJustStarted(), tables, ...loop,
      lookNow () {
        tables.look_at_ms = 0
        loop.wake()
      },
    }
  },
  stop: ctx => ctx.resources.stop(),
})

/** Tickets for a test card are tickets for nothing: whoever wants that in production says so. */
function refusePretence ({ settings }: Ctx): void {
  if (settings.NODE_ENV !== 'production' || settings.SIMULATED_PAYMENTS) return
  throw new Error('The only payment provider is a simulated one, with which anybody "pays" by a ' +
    'test card. Set SIMULATED_PAYMENTS=true if that is what you want (free events, a trial).')
}
