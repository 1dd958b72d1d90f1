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
const first_delay_ms = 100
const longest_delay_ms = 30_000
/** A server that lived this long was healthy: its end is a new story, answered at once. */
const healthy_after_ms = 60_000

/**
 * Keeps the server running while Node does: one that ends by itself (killed for want of memory,
 * say) is started again, at once and then ever more slowly, at most every 30 s. When Node exits
 * without `stop`, the server is told to.
 */
export function watch (
  first: Running, place: Place, binaries: Binaries, config: string, log: (line: string) => void,
): Watcher {
  let current = first
  let restarting: Promise<void> | undefined
  let stopped: Promise<void> | undefined
  const stopping = new AbortController()
  let started_at = Date.now()
  let delay_ms = 0

  const restart = async () => {
    if (Date.now() - started_at > healthy_after_ms) delay_ms = 0
    while (!stopping.signal.aborted) {
      await sleep(delay_ms, undefined, { ref: false, signal: stopping.signal })
      delay_ms = Math.min(Math.max(delay_ms * 2, first_delay_ms), longest_delay_ms)
      log('The database ended by itself; it is started again.')
      try {
        await clearRemains(place.data, place.sockets)
        current = await spawnServer(place, binaries, config, log)
        started_at = Date.now()
        current.child?.once('exit', look)
        return
      } catch (error) {
        log((error as Error).message)
      }
    }
  }
  const look = () => {
    if (stopping.signal.aborted || restarting || isAlive(current.pid)) return
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
