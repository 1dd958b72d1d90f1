/** Small sums over samples; all of them expect at least one. */

export function median (values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** What lies between the smallest and the largest, as a share of the median. */
export const spread = (values: readonly number[]) => {
  const middle = median(values)
  return middle === 0 ? 0 : (Math.max(...values) - Math.min(...values)) / middle
}

/** The value that `share` of the samples do not exceed. */
export function percentile (sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return 0
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!
}

/** The latencies of one kind of answer, in milliseconds. */
export interface Latency {
  count: number
  p50_ms: number
  p90_ms: number
  p95_ms: number
  p99_ms: number
  p999_ms: number
  max_ms: number
}

export function summarize (samples_ms: readonly number[]): Latency {
  const sorted = Float64Array.from(samples_ms).sort()
  const at = (share: number) => Math.round(percentile(sorted, share) * 100) / 100
  return {
    count: sorted.length, p50_ms: at(0.5), p90_ms: at(0.9), p95_ms: at(0.95), p99_ms: at(0.99),
    p999_ms: at(0.999), max_ms: at(1),
  }
}

export const round = (value: number, digits = 2) => Number(value.toFixed(digits))
