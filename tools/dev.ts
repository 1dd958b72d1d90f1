import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, watch } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { stopOnSignals } from '@fermata/server/stop-on-signals'
import { root } from './sources.ts'

/**
 * `npm run dev`: the server, started again after each change; a stale web app is built at each
 * start.
 */

/** Editors write a file in several steps; a pause this long means they are done. */
const settle_ms = 200
/** The server drains within ten seconds; one that does not is stuck. */
const stop_timeout_ms = 15_000

const matters = (name: string | null) => name !== null && /\.(ts|tsx|css|sql|svg|json)$/.test(name) &&
  !/(^|[\\/])(node_modules|build|\.react-router)[\\/]|\.test\.tsx?$/.test(name)

/** A process that is started again whenever a file changes that matters. */
export interface Supervised { stop: () => Promise<void> }

async function end (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const deadline = setTimeout(() => child.kill('SIGKILL'), stop_timeout_ms)
  await ended
  clearTimeout(deadline)
}

/**
 * Runs a program with this Node and starts it again after changes below the folders. Only one runs
 * at a time: the next is started when the one before has ended. One that ends by itself is left
 * until the next change.
 */
export function supervise (program: string[], folders: readonly string[]): Supervised {
  const start = () => spawn(process.execPath, program, { cwd: root, stdio: 'inherit' })
  let child = start()
  let stopped = false
  let pending: NodeJS.Timeout | undefined
  let turn: Promise<void> = Promise.resolve()

  async function restart (): Promise<void> {
    await end(child)
    if (!stopped) child = start()
  }
  function restartSoon (_event: string, name: string | null): void {
    if (!matters(name)) return
    clearTimeout(pending)
    pending = setTimeout(() => { turn = turn.then(restart) }, settle_ms)
  }
  const watchers = folders.map(folder => watch(folder, { recursive: true }, restartSoon))
  return {
    async stop () {
      stopped = true
      clearTimeout(pending)
      for (const watcher of watchers) watcher.close()
      await turn
      await end(child)
    }
  }
}

if (import.meta.main) {
  const folders = ['apps/server', 'apps/web', 'packages', 'services']
    .map(folder => join(root, folder)).filter(folder => existsSync(folder))
  const supervised = supervise([join(root, 'apps/server/main.ts')], folders)
  stopOnSignals(supervised.stop, stop_timeout_ms + 1000, process.env)
}
