import type { Log } from './log.ts'

export interface Loop { wake: () => void, stop: () => Promise<void> }

export interface LoopOptions {
  name: string
  /**
   * How soon work is found that nobody woke us for: that of a killed process, or what waits for its
   * time.
   */
  poll_ms: number
  log: Log
}

/**
 * Does `work` whenever woken and every `poll_ms`, never twice at once in this process; begins after
 * the first pause or waking. Where a timer would make a buyer wait for its next turn.
 * @param work is told by the signal that the process is about to stop
 */
export function startLoop (
  work: (signal: AbortSignal) => Promise<void>, { name, poll_ms, log }: LoopOptions
): Loop {
  const stopping = new AbortController()
  let woken = false
  let wakeUp: (() => void) | undefined

  const sleep = () => new Promise<void>(resolve => {
    const timer = setTimeout(resolve, poll_ms)
    wakeUp = () => {
      clearTimeout(timer)
      resolve()
    }
  })

  async function run (): Promise<void> {
    while (!stopping.signal.aborted) {
      if (!woken) await sleep()
      woken = false
      if (stopping.signal.aborted) return
      try {
        await work(stopping.signal)
      } catch (error) {
        if (!stopping.signal.aborted) log.warn({ err: error, loop: name }, 'loop will try again')
        // Whatever is broken is not mended by trying as fast as we can.
        woken = false
      }
    }
  }

  const running = run()
  return {
    wake () {
      woken = true
      wakeUp?.()
    },
    async stop () {
      stopping.abort()
      wakeUp?.()
      await running
    },
  }
}
