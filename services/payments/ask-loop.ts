import type { Log } from '@fermata/platform/log'

/** How soon work is found that nobody woke us for: that of a killed process, or what waits for its time. */
const poll_ms = 500

export interface AskLoop { wake: () => void, stop: () => Promise<void> }

/** Runs `work` when woken and every half second; begins after the first pause or waking. */
export function startAskLoop (work: () => Promise<void>, log: Log): AskLoop {
  let stopping = false
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
    while (!stopping) {
      if (!woken) await sleep()
      woken = false
      if (stopping) return
      try {
        await work()
      } catch (error) {
        if (!stopping) log.warn({ err: error }, 'asking providers will be tried again')
        // Whatever is broken is not mended by asking it as fast as we can.
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
      stopping = true
      wakeUp?.()
      await running
    },
  }
}
