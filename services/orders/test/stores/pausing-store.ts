import { setTimeout as sleep } from 'node:timers/promises'
import type { SaleStore } from '../../sale-store.ts'

/**
 * Gives others time to come between the check of a sale and its commit, as a busy machine would.
 * @param most_ms how long at most; each time another share of it
 */
export const pausing = (store: SaleStore, most_ms: number): SaleStore => ({
  run: sell => store.run(session => sell({
    ...session,
    async close (...written) {
      await sleep(Math.random() * most_ms)
      return session.close(...written)
    },
  })),
})
