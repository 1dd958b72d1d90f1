import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Binaries } from './binaries.ts'
import type { Place } from './data-folder.ts'
import { clearRemains, findServer, isAlive, isPostgresOf, sendSignal, stopServer } from './postmaster.ts'
import { keepLogShort, spawnServer } from './server-process.ts'

/** A server we started (with `child`) or took over. */
export interface Running { pid: number, child?: ChildProcess }

export interface Watcher { stop(): Promise<void> }

const look_every_ms = 1_000
/**
 * Between two tries: whoever makes room on a full disk does not wait for us, and a server that
 * cannot start ends at once.
 */
const pause_ms = 150
const said_again_ms = 60_000

/**
 * Keeps the server running while Node does: one that ends by itself (killed for want of memory,
 * say, or because its disk was full) is started again, at once and then for as long as it takes.
 * When Node exits without `stop`, the server is told to.
 */
export function watch (
  first: Running, place: Place, binaries: Binaries, config: string, log: (line: string) => void,
): Watcher {
  let current = first
  let restarting: Promise<void> | undefined
  let stopped: Promise<void> | undefined
  const stopping = new AbortController()
  const say = sayOnce(log)

  const restart = async () => {
    say('The database ended by itself; it is started again.')
    while (!stopping.signal.aborted) {
      try {
        await clearRemains(place.data, place.sockets)
        current = await spawnServer(place, binaries, config, say)
        current.child?.once('exit', look)
        say('The database is back.')
        return
      } catch (error) {
        say((error as Error).message)
      }
      await sleep(pause_ms, undefined, { ref: false, signal: stopping.signal })
    }
  }
  let looks = 0
  // Of a server that was taken over no exit is told, and somebody else may have its id by now.
  // Elsewhere than on Linux it takes a program to tell who that is.
  const isThere = () => process.platform === 'linux' || looks++ % 10 === 0
    ? isPostgresOf(current.pid, place.data) : isAlive(current.pid)
  const look = () => {
    if (stopping.signal.aborted || restarting || isThere()) return
    // It rejects only when `stop` cuts its pause short.
    restarting = restart().catch(() => {}).finally(() => { restarting = undefined })
  }
  const tick = () => {
    look()
    void keepLogShort(place.log)
  }
  const tellServer = () => {
    if (isPostgresOf(current.pid, place.data)) sendSignal(current.pid, 'SIGINT')
  }
  const stop = async () => {
    clearInterval(timer)
    stopping.abort()
    // A restart may be replaying the log for minutes; its server is stopped as well, which ends it.
    const coming = restarting && await findServer(place.data)
    if (coming) await stopServer(coming.pid, place.data)
    await restarting
    await stopServer(current.pid, place.data)
    process.off('exit', tellServer)
  }

  const timer = setInterval(tick, look_every_ms).unref()
  current.child?.once('exit', look)
  process.once('exit', tellServer)
  return { stop: () => stopped ??= stop() }
}

/** What is the same at each try is said once a minute. */
function sayOnce (log: (line: string) => void): (line: string) => void {
  const said_at_ms = new Map<string, number>()
  return line => {
    const now_ms = performance.now()
    if (now_ms < (said_at_ms.get(line) ?? -Infinity) + said_again_ms) return
    // Sentences with numbers in them are few, but not the same.
    if (said_at_ms.size > 100) said_at_ms.clear()
    said_at_ms.set(line, now_ms)
    log(line)
  }
}
