import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { CrowdCounts, CrowdJob, CrowdMessage, CrowdResult } from './crowd-job.ts'

/** The parent's side of the process that plays the buyers. */
export interface Crowd {
  /** @param onProgress hears a few times a second how far the buyers are */
  run (job: CrowdJob, onProgress?: (counts: CrowdCounts) => void): Promise<CrowdResult>
  stop (): void
}

export function startCrowd (): Crowd {
  const file = fileURLToPath(new URL('./crowd-worker.ts', import.meta.url))
  const child = fork(file, [], { serialization: 'advanced', execArgv: [] })
  let ended: number | null | undefined
  child.once('exit', code => { ended = code })
  return {
    run: (job, onProgress = () => {}) => new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`The process that plays the buyers ${why}.`))
      const onExit = (code: number | null) => fail(`ended with ${code}`)
      const onMessage = (message: unknown) => {
        const said = message as CrowdMessage
        if (said.kind === 'progress') {
          onProgress(said.counts)
          return
        }
        child.off('message', onMessage).off('exit', onExit)
        if (said.kind === 'result') resolve(said.result)
        else fail(`failed: ${said.error}`)
      }
      if (ended !== undefined) return fail(`ended with ${ended}`)
      child.on('message', onMessage).once('exit', onExit)
      child.send(job, error => { if (error) fail('has ended') })
    }),
    stop: () => { if (child.connected) child.disconnect() },
  }
}
