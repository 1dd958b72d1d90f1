import { createRandom } from '@fermata/testkit/random'

/**
 * Runs many asynchronous tasks and lets chance, drawn from a seed, decide at every pause which of
 * them goes on. The same seed gives the same run, so a failing one can be looked at again.
 */
export interface Scheduler {
  /** A whole number from 0 up to but not including `below`. */
  random: (below: number) => number
  /** Waits until the scheduler chooses the caller: what an await of the database is in real life. */
  pause: () => Promise<void>
  /** Starts a task beside the others. */
  start: (task: () => Promise<void>) => void
  /**
   * Goes on until every task has ended.
   * @throws what a task throws, or an Error when tasks are left of which none can go on
   */
  run: () => Promise<void>
}

/** All that is settled already goes on before this does. */
const settled = () => new Promise<void>(resolve => { setImmediate(resolve) })

export function createScheduler (seed: number): Scheduler {
  const random = createRandom(seed)
  const ready: (() => void)[] = []
  let open = 0
  let failure: Error | undefined
  return {
    random,
    pause: () => new Promise(resolve => { ready.push(resolve) }),
    start (task) {
      open++
      task().catch((error: unknown) => { failure ??= error as Error }).finally(() => { open-- })
    },
    async run () {
      for (;;) {
        await settled()
        if (failure !== undefined) throw failure
        if (open === 0) return
        if (ready.length === 0) throw new Error(`Seed ${seed}: ${open} tasks wait for each other`)
        const chosen = random(ready.length)
        const next = ready[chosen]!
        ready[chosen] = ready.at(-1)!
        ready.pop()
        next()
      }
    },
  }
}
