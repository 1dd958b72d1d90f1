import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { heard } from '../../bench/load.ts'

/** A crowd, and what it was told. */

export interface RushJob {
  port: number
  event_id: string
  ticket_type_id: string
  /** In keys and addresses, so that no two rushes share a buyer. */
  run: string
  connections: number
  /** Orders that are begun a second; absent, each connection orders as soon as it was answered. */
  per_second?: number
  /** Every so manieth order is paid; 0 none. */
  pays_each: number
}

/** All times are Unix milliseconds by the client's own clock, which is the machine's. */
export interface Acknowledged {
  id: string
  sent_at_ms: number
  at_ms: number
  /** When the payment was accepted; null when it was not paid or not answered. */
  paid_at_ms: number | null
}

export interface RushReport {
  orders: Acknowledged[]
  statuses: Record<string, number>
  /** Requests that were never answered. */
  lost: number
  /** Orders that were due while every connection was waiting. */
  not_sent: number
  began_at_ms: number
  seconds: number
}

export interface Rush { end: () => Promise<RushReport> }

export function startRush (job: RushJob): Rush {
  const child = fork(fileURLToPath(new URL('./rush-worker.ts', import.meta.url)),
    { serialization: 'advanced' })
  const report = heard<RushReport>(child)
  report.catch(() => undefined)
  child.send(job)
  return {
    async end () {
      child.send('stop')
      const told = await report
      child.disconnect()
      return told
    },
  }
}

/** Orders acknowledged a second between two moments. */
export const rateOf = ({ orders }: RushReport, from_ms: number, to_ms: number) =>
  orders.filter(({ at_ms }) => at_ms >= from_ms && at_ms < to_ms).length / (to_ms - from_ms) * 1000

/** The longest wait of orders that were sent or answered between two moments. */
export const slowestOf = ({ orders }: RushReport, from_ms: number, to_ms: number) =>
  orders.reduce((most, { sent_at_ms, at_ms }) =>
    at_ms >= from_ms && sent_at_ms < to_ms ? Math.max(most, at_ms - sent_at_ms) : most, 0)
