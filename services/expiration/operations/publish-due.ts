import { setTimeout as sleep } from 'node:timers/promises'
import { deadlineReached } from '@fermata/contracts/expiration'
import type { Ctx } from '../context.ts'
import { takeDue } from '../queries.ts'

/**
 * Five thousand a second: when very many holds end together, the news of it, and what it sets off,
 * must not slow down who buys at that moment. Nobody waits for it: their tickets are free already.
 */
const batch_size = 500
const pause_ms = 100
/** In one run of the timer, which a process that stops waits for. */
const batches_in_one_go = 10

/**
 * Tells of what is due, soonest first. The deadline and its event commit together, so a kill in
 * between repeats nothing.
 */
export async function publishDue (ctx: Ctx): Promise<void> {
  for (let batch = 0; batch < batches_in_one_go; batch++) {
    const told = await ctx.transaction(async tx => {
      const due = await takeDue(tx, batch_size)
      await ctx.publish(tx, deadlineReached, due)
      return due.length
    })
    if (told < batch_size) return
    await sleep(pause_ms)
  }
}
