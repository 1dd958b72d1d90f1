import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { inTime } from './deadline.ts'
import { droppedLines } from './log-output.ts'

export interface HttpMetrics {
  registry: Registry
  observe (service: string, operation: string, status: number, duration_ms: number): void
  /** Of answers that no route sees; the function it returns counts one of a status. */
  early (service: string, operation: string): (status: number) => void
  /** Of a service's collectors: `waiting` tells how many requests are in one's queue. */
  collector (service: string, waiting: () => number): { served: (requests: number) => void }
  /**
   * Something that is counted when somebody looks, such as waiting outbox rows. Parts with the same
   * labels are added up.
   */
  gauge (
    name: string, help: string, labels: Record<string, string>, read: () => number | Promise<number>
  ): void
}

/** Around the promise of 300 ms: fine below it, coarse above. */
const buckets_s = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5]
/** Who looks at metrics gives up soon, and looks most when something is frozen. */
const read_within_ms = 2000
const batch_buckets = [1, 4, 16, 64, 128, 256, 512, 1024]

export function createMetrics (): HttpMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'fermata_' })
  const duration = new Histogram({
    name: 'fermata_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer',
    labelNames: ['service', 'operation', 'status'], buckets: buckets_s, registers: [registry],
  })
  const batches = new Histogram({
    name: 'fermata_collector_batch_requests',
    help: 'Requests that one transaction of a collector served together',
    labelNames: ['service'], buckets: batch_buckets, registers: [registry],
  })
  const gauge = gaugesOf(registry)
  countDroppedLines(registry)
  return {
    registry, gauge, early: earlyAnswersOf(registry),
    observe: (service, operation, status, duration_ms) => {
      duration.observe({ service, operation, status }, duration_ms / 1000)
    },
    collector (service, waiting) {
      gauge('fermata_collector_waiting',
        'Requests that wait in collectors of this process for their batch', { service }, waiting)
      return { served: requests => { batches.observe({ service }, requests) } }
    },
  }
}

function countDroppedLines (registry: Registry): void {
  const counter = new Counter({
    name: 'fermata_log_lines_dropped_total',
    help: 'Log lines that could not be written: the disk is full or gone, or nobody reads the pipe',
    labelNames: ['output'], registers: [registry],
    collect () {
      counter.reset()
      for (const [output, count] of Object.entries(droppedLines())) counter.inc({ output }, count)
    },
  })
}

/** A crowd is answered early, so counting is one addition; the rest is done when somebody looks. */
function earlyAnswersOf (registry: Registry): HttpMetrics['early'] {
  const counted: { service: string, operation: string, counts: Map<number, number> }[] = []
  const counter = new Counter({
    name: 'fermata_http_early_answers_total',
    help: 'Requests answered from memory before they reached a route; not in the durations',
    labelNames: ['service', 'operation', 'status'], registers: [registry],
    collect () {
      counter.reset()
      for (const { service, operation, counts } of counted) {
        for (const [status, count] of counts) counter.inc({ service, operation, status }, count)
      }
    },
  })
  return (service, operation) => {
    const counts = new Map<number, number>()
    counted.push({ service, operation, counts })
    return status => { counts.set(status, (counts.get(status) ?? 0) + 1) }
  }
}

interface Part { labels: Record<string, string>, read: () => number | Promise<number> }

function gaugesOf (registry: Registry): HttpMetrics['gauge'] {
  const known = new Map<string, Part[]>()
  return (name, help, labels, read) => {
    const parts = known.get(name)
    if (parts) {
      parts.push({ labels, read })
      return
    }
    const all: Part[] = [{ labels, read }]
    known.set(name, all)
    const gauge = new Gauge({
      name, help, labelNames: Object.keys(labels), registers: [registry],
      async collect () {
        // A part that cannot be read is left out: half the picture beats none while something is
        // down.
        const values = await Promise.allSettled(all.map(async part =>
          inTime(Promise.resolve(part.read()), read_within_ms)))
        gauge.reset()
        values.forEach((value, index) => {
          if (value.status === 'fulfilled') gauge.inc(all[index]!.labels, value.value)
        })
      },
    })
  }
}
