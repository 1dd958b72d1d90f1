import { max_orders_for_payment } from '@fermata/contracts/orders'
import { unavailable } from '@fermata/contracts/problems'
import { createCollector, type Collector } from '@fermata/platform/collector'
import { isDatabaseAway } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import type { Ctx } from './context.ts'
import { startBatch, type Start, type Started } from './start-batch.ts'

/** About two seconds of a rush; who comes after that is told at once to come again. */
const max_waiting = 4096

const full = new Problem(unavailable, 'Many people are paying at this moment. Try again in a second.',
  { headers: { 'retry-after': '1' } })

export type PaymentDesk = Collector<Start, Started>

/**
 * Where buyers wait while the payments before theirs are written down, as they do for tickets in
 * front of the box office. All in one lane: payments take nothing from each other.
 */
export const createPaymentDesk = (ctx: Ctx): PaymentDesk => createCollector<Start, Started>({
  ctx, name: 'start payments',
  serve: (_lane, starts) => startBatch(ctx, starts),
  full: () => full,
  // Orders does not answer, or nobody knows whether the batch was committed: who sent a key may
  // repeat and gets the first answer.
  isHopeless: error => error instanceof Problem || isDatabaseAway(error),
  max_batch: max_orders_for_payment, max_waiting_per_lane: max_waiting, max_waiting,
  max_parallel: 1,
})
