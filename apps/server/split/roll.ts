import { setTimeout as sleep } from 'node:timers/promises'
import { let_in_again_ms } from '../../../deploy/nginx.ts'
import type { Instance, Part } from './plan-split.ts'
import type { SupervisedProcess } from './supervised-process.ts'

/** Ten seconds to end, a minute and a half to start. */
const replaced_within_ms = 100_000
const look_again_ms = 20

/**
 * Replaces processes as a deployment does: one is asked to end and does when its last answer has
 * left, and the supervisor starts the next. Nobody tells nginx: who is sent to an address where
 * nobody listens goes on to the twin. To read its configuration nginx would end the connections it
 * keeps to visitors, perhaps just when one of them sends an order.
 */
export function createRoll () {
  const replaced_at_ms = new Map<Part, number>()
  /** @param isReady resolves when the new one serves */
  return async (
    { part }: Instance, process: SupervisedProcess, isReady: () => Promise<void>
  ): Promise<void> => {
    // Nginx may send nobody yet to the twin that was replaced a moment ago.
    const wait_until_ms = (replaced_at_ms.get(part) ?? -Infinity) + let_in_again_ms
    await sleep(Math.max(0, wait_until_ms - performance.now()))
    const before = process.pid()
    if (before !== null) sendTerm(before)
    const deadline_ms = performance.now() + replaced_within_ms
    while (process.pid() === null || process.pid() === before) {
      if (performance.now() > deadline_ms) throw new Error(
        `${process.name} did not end within ${replaced_within_ms / 1000} s`)
      await sleep(look_again_ms)
    }
    await isReady()
    replaced_at_ms.set(part, performance.now())
  }
}

const sendTerm = (pid: number) => process.kill(pid, 'SIGTERM')
