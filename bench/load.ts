import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { LoadJob, LoadResult } from './load-job.ts'

/** The parent's side of the processes that send load and that answer it for the controls. */

export interface LoadProcess {
  run (job: LoadJob): Promise<LoadResult>
  stop (): void
}

const start = (file: string, args: string[] = []) =>
  fork(fileURLToPath(new URL(file, import.meta.url)), args, { serialization: 'advanced' })

/** Starts the load generator; it runs one job at a time. */
export function startLoadProcess (): LoadProcess {
  const child = start('./load-worker.ts')
  return {
    async run (job) {
      const answer = heard<{ result?: LoadResult, error?: string }>(child)
      child.send(job)
      const { result, error } = await answer
      if (!result) throw new Error(`The load process failed: ${error}`)
      return result
    },
    stop: () => { child.disconnect() },
  }
}

/** Starts a control that answers orders without selling anything. */
export async function startEcho (kind: 'fastify' | 'bytes') {
  const child = start('./echo-server.ts', [kind])
  const { port } = await heard<{ port: number }>(child)
  return { port, stop: () => { child.disconnect() } }
}

export function heard<T> (child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`A process of the bench ended with ${code}`))
    child.once('exit', ended)
    child.once('message', message => {
      child.off('exit', ended)
      resolve(message as T)
    })
  })
}
