import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { heard } from './load.ts'
import type { Latency } from './statistics.ts'

/** Ready-made requests that are sent again and again, for what is not a purchase. */

export interface RequestJob {
  port: number
  connections: number
  /** Whole requests; each connection sends the next one when the last was answered. */
  texts: string[]
  /** The status that counts. */
  success: number
  warmup_ms: number
  duration_ms: number
  /** No more requests than this, warm-up included. */
  requests?: number
  /** What follows this mark in each answer, up to the next quotation mark, is collected. */
  collect?: string
}

export interface RequestResult {
  /** Answers that count within the measured time, a second. */
  per_second: number
  /** All that were answered with success, those of the warm-up too. */
  succeeded: number
  statuses: Record<string, number>
  latency: Latency
  lost: number
  collected: string[]
  cpu_share: number
}

export interface RequestProcess {
  run (job: RequestJob): Promise<RequestResult>
  stop (): void
}

const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** Starts the process that sends; it runs one job at a time. */
export function startRequestProcess (): RequestProcess {
  const child = fork(fileOf('./request-worker.ts'), { serialization: 'advanced' })
  return {
    async run (job) {
      const answer = heard<{ result?: RequestResult, error?: string }>(child)
      child.send(job)
      const { result, error } = await answer
      if (!result) throw new Error(`The requesting process failed: ${error}`)
      return result
    },
    stop: () => { child.disconnect() },
  }
}

/** Starts the control for routes that are asked again and again. */
export async function startPlainServer () {
  const child = fork(fileOf('./plain-server.ts'), { serialization: 'advanced' })
  const { port } = await heard<{ port: number }>(child)
  return { port, pid: child.pid!, stop: () => { child.disconnect() } }
}
