import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Split } from '@fermata/server/split/start-split'
import type { Oracle } from './oracle.ts'
import type { Scene } from './survival.ts'

const waiting_for_tickets = 10
const look_again_ms = 20

export const pidOf = (split: Split, name: string) =>
  split.processes.find(one => one.name === name)!.pid()

/** `kill -9` of one process, and the wait for the one that takes its place. */
export async function killAndWait (split: Split, name: string): Promise<void> {
  const before = pidOf(split, name)
  split.kill(name)
  while (pidOf(split, name) === before || pidOf(split, name) === null) await sleep(look_again_ms)
}

/**
 * Kills the message server and deletes its store while events are nowhere else on their way: orders
 * are completed and that was told, but who issues their tickets was frozen, and is killed as well
 * with what it had received.
 */
export async function loseStore (
  split: Split, store: string, oracle: Oracle, { history, event_id }: Scene
): Promise<void> {
  process.kill(pidOf(split, 'tickets')!, 'SIGSTOP')
  try {
    for (;;) {
      const { not_completed, without_tickets } = await oracle.ask(event_id, history)
      if (without_tickets - not_completed >= waiting_for_tickets) break
      await sleep(look_again_ms)
    }
    const killed = killAndWait(split, 'nats')
    rmSync(store, { recursive: true, force: true })
    await killed
  } finally {
    await killAndWait(split, 'tickets')
  }
}
