import { setTimeout as sleep } from 'node:timers/promises'
import type { FrontDoor } from './front-door.ts'
import type { Instance } from './plan-split.ts'
import type { SupervisedProcess } from './supervised-process.ts'

/** How long nginx may take to read its configuration and end the connections it kept. */
const door_takes_ms = 1000
/** Ten seconds to end, a minute and a half to start. */
const replaced_within_ms = 100_000
const look_again_ms = 20

export interface Door { process: SupervisedProcess, leaveOut: FrontDoor['leaveOut'] }

/**
 * Replaces one process as a deployment does: the door sends nobody there any more, it ends when
 * its last answer has left, the supervisor starts the next, and the door lets people in again.
 * @param isReady resolves when the new one serves
 */
export async function rollInstance (
  { port }: Instance, process: SupervisedProcess, door: Door, isReady: () => Promise<void>
): Promise<void> {
  await tell(door, port)
  const before = process.pid()
  if (before !== null) sendTerm(before)
  const deadline_ms = performance.now() + replaced_within_ms
  while (process.pid() === null || process.pid() === before) {
    if (performance.now() > deadline_ms) throw new Error(
      `${process.name} did not end within ${replaced_within_ms / 1000} s`)
    await sleep(look_again_ms)
  }
  await isReady()
  await tell(door, null)
}

async function tell (door: Door, port: number | null): Promise<void> {
  door.leaveOut(port)
  const pid = door.process.pid()
  if (pid !== null) process.kill(pid, 'SIGHUP')
  await sleep(door_takes_ms)
}

const sendTerm = (pid: number) => process.kill(pid, 'SIGTERM')
