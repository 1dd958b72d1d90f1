import { cpus } from 'node:os'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

/** Worked at a time while others want every core, and while one has nothing to do. */
const short_ms = 15
const long_ms = 1000
/** The system counts in steps of ten milliseconds, so it is not asked about less than this. */
const rest_ms = 150
/** Of one core; less is as good as nothing. */
const least_idle = 0.2

/** All cores together, since the machine started; a container sees those of its machine. */
const idleMs = () => cpus().reduce((sum, { times }) => sum + times.idle, 0)

/**
 * The stream, for a tenth of the time while every core is busy: a copy takes longer then, instead
 * of buyers. Whether one is free is seen while this rests, so its own work does not count.
 * @param idle milliseconds in which cores had nothing to do, since whenever
 */
export async function * giveWay<T> (
  stream: AsyncIterable<T>, idle = idleMs
): AsyncGenerator<T> {
  let until = performance.now() + short_ms
  for await (const chunk of stream) {
    yield chunk
    if (performance.now() < until) continue
    const before = idle()
    await sleep(rest_ms)
    const is_free = idle() - before > least_idle * rest_ms
    until = performance.now() + (is_free ? long_ms : short_ms)
  }
}
