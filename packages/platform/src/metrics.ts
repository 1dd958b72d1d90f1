import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export interface HttpMetrics {
  registry: Registry
  observe (service: string, operation: string, status: number, duration_ms: number): void
  /** Something that is counted when somebody looks, such as waiting outbox rows. */
  gauge (
    name: string, help: string, labels: Record<string, string>, read: () => Promise<number>
  ): void
}

/** Around the promise of 300 ms: fine below it, coarse above. */
const buckets_s = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5]

export function createMetrics (): HttpMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'fermata_' })
  const duration = new Histogram({
    name: 'fermata_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer',
    labelNames: ['service', 'operation', 'status'], buckets: buckets_s, registers: [registry],
  })
  const gauges = new Map<string, {
    gauge: Gauge, reads: { labels: Record<string, string>, read: () => Promise<number> }[]
  }>()
  return {
    registry,
    observe: (service, operation, status, duration_ms) => {
      duration.observe({ service, operation, status }, duration_ms / 1000)
    },
    gauge (name, help, labels, read) {
      const known = gauges.get(name)
      if (known) {
        known.reads.push({ labels, read })
        return
      }
      const reads = [{ labels, read }]
      const gauge = new Gauge({
        name, help, labelNames: Object.keys(labels), registers: [registry],
        collect: async () => {
          // A part that cannot be read is left out: half the picture beats none while something is
          // down.
          await Promise.allSettled(
            reads.map(async one => { gauge.set(one.labels, await one.read()) })
          )
        },
      })
      gauges.set(name, { gauge, reads })
    },
  }
}
