import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { allServices } from '@fermata/server/services'
import { startServer, type Server } from '@fermata/server/start-server'
import type { Environment } from '@fermata/platform/settings'
import { buildWebWhenStale } from '../../tools/build-web.ts'

/**
 * The server that is rehearsed on, a process of its own: the same code as the real one, with
 * settings that come from the parent and from nowhere else. Neither `.env` nor this process's
 * environment is read, so no address of the real installation can slip in.
 */

export type ScratchRequest = { kind: 'start', environment: Environment } | { kind: 'usage' | 'stop' }

/** Since the process began: microseconds of its processors, milliseconds of its event loop. */
export interface Usage { cpu_us: number, active_ms: number, idle_ms: number }

export type ScratchMessage =
  | { kind: 'ready', port: number }
  | { kind: 'failed', error: string }
  | { kind: 'usage', usage: Usage }

let server: Server | undefined

async function start (environment: Environment): Promise<number> {
  await buildWebWhenStale()
  server = await startServer(environment, allServices)
  await server.listen()
  return (server.system.app.server.address() as AddressInfo).port
}

function usageNow (): Usage {
  const { user, system } = process.cpuUsage()
  const { active, idle } = performance.eventLoopUtilization()
  return { cpu_us: user + system, active_ms: active, idle_ms: idle }
}

const say = (message: ScratchMessage) => process.send!(message)

process.on('message', (request: ScratchRequest) => {
  if (request.kind === 'start') {
    start(request.environment).then(
      port => say({ kind: 'ready', port }),
      (error: unknown) => say({
        kind: 'failed', error: error instanceof Error ? error.message : String(error) }))
  } else if (request.kind === 'usage') say({ kind: 'usage', usage: usageNow() })
  else void (server?.stop() ?? Promise.resolve()).finally(() => process.exit(0))
})
// Ctrl-C reaches all processes of a terminal; the parent decides what ends when.
process.on('SIGINT', () => {})
// Killed with its parent: nobody would ever end it.
process.on('disconnect', () => process.exit(1))
