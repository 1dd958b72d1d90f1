import { setTimeout as sleep } from 'node:timers/promises'
import type { Ctx } from './context.ts'

/**
 * Gives others time to come between the check of a sale and its commit, as a busy machine would.
 * Race tests ask for it; heeded only while NODE_ENV is test.
 */
export async function pauseInTests ({ settings }: Ctx): Promise<void> {
  const { NODE_ENV, ORDERS_TEST_PAUSE_MS } = settings
  if (NODE_ENV === 'test' && ORDERS_TEST_PAUSE_MS > 0) {
    await sleep(Math.random() * ORDERS_TEST_PAUSE_MS)
  }
}
