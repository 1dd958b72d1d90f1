import { createCollector } from '@fermata/platform/collector'
import { uuidv7 } from '@fermata/platform/ids'
import type { ServiceDefinition } from '@fermata/platform/service'
import { startBoxOffice } from '../../box-office.ts'
import type { Ctx, Resources } from '../../context.ts'
import { sellBatch, type Outcome, type Purchase } from '../../sell-batch.ts'
import orders from '../../service.ts'
import { pausing } from './pausing-store.ts'
import { createUnguardedStore } from './unguarded-store.ts'

export interface StoreOptions {
  /** Sells without lock, queue and constraint: the negative control. */
  unguarded?: boolean
  /** A sale waits as long at most between its check and its commit. */
  pause_ms?: number
}

/** The box office with a store that only tests have. */
export const ordersWith = (
  { unguarded = false, pause_ms = 0 }: StoreOptions
): ServiceDefinition<Ctx> => ({
  ...orders,
  async start (ctx) {
    const made = await startBoxOffice(ctx)
    const sales = unguarded ? createUnguardedStore(made.pool) : made.sales
    return { ...made, ...(unguarded && { collector: withoutQueue(ctx, made.pool.options.max) }),
      sales: pause_ms > 0 ? pausing(sales, pause_ms) : sales }
  },
})

/** Nobody waits for anybody, as in a shop without a collector. */
function withoutQueue (ctx: Ctx, max_parallel: number): Resources['collector'] {
  const many = 16_384
  const collector = createCollector<Purchase, Outcome>({
    serve: (lane, purchases, entered) =>
      sellBatch(ctx.resources.sales, ctx, lane.slice(0, lane.indexOf(' ')), purchases, entered),
    full: () => new Error('Too many for the control'), isHopeless: () => false,
    max_batch: 1, max_waiting_per_lane: many, max_waiting: many, max_parallel,
  })
  return { ...collector,
    add: (event_id, purchase) => collector.add(`${event_id} ${uuidv7()}`, purchase) }
}
