import { performance } from 'node:perf_hooks'
import { openConnection, requestText, type Connection } from '../../bench/http-connection.ts'
import type { Acknowledged, RushJob, RushReport } from './rush.ts'

/** Buyers, in a process of their own: they know what they were told and when, and nothing else. */

const tick_ms = 1

interface Lane {
  connection: Connection | null
  /** What waits for its answer; null between two. */
  asked: { order: number, at_ms: number, pays: Acknowledged | null } | null
}

const now = () => performance.timeOrigin + performance.now()

let stop: () => void = () => {}

async function rush (job: RushJob): Promise<RushReport> {
  const report: RushReport = {
    orders: [], statuses: {}, lost: 0, not_sent: 0, began_at_ms: 0, seconds: 0 }
  const lanes: Lane[] = []
  const free: Lane[] = []
  let count = 0
  let is_over = false

  function order (lane: Lane): void {
    lane.asked = { order: ++count, at_ms: now(), pays: null }
    lane.connection!.send(orderRequest(job, count))
  }

  function next (lane: Lane): void {
    if (is_over) return
    if (job.per_second === undefined) order(lane)
    else free.push(lane)
  }

  function answered (lane: Lane, status: number, body: string): void {
    const { order: number, at_ms, pays } = lane.asked!
    lane.asked = null
    report.statuses[status] = (report.statuses[status] ?? 0) + 1
    if (status !== 201) return next(lane)
    if (pays) {
      pays.paid_at_ms = now()
      return next(lane)
    }
    const id = valueOf(body, '"id":"')
    const told: Acknowledged = { id, sent_at_ms: at_ms, at_ms: now(), paid_at_ms: null }
    report.orders.push(told)
    if (job.pays_each === 0 || number % job.pays_each !== 0) return next(lane)
    lane.asked = { order: number, at_ms: now(), pays: told }
    lane.connection!.send(paymentRequest(told.id, valueOf(body, '"access_token":"'), job.run))
  }

  await Promise.all(Array.from({ length: job.connections }, async () => {
    const lane: Lane = { connection: null, asked: null }
    // Whoever loses the connection was told nothing, and knows nothing.
    lane.connection = await openConnection(job.port,
      (status, body) => answered(lane, status, body),
      was_waiting => { if (was_waiting) report.lost++ })
    lanes.push(lane)
  }))
  report.began_at_ms = now()
  const ended = Promise.withResolvers<void>()
  stop = ended.resolve
  if (job.per_second === undefined) for (const lane of lanes) order(lane)
  else free.push(...lanes)
  const timer = job.per_second === undefined ? undefined
    : pace(job.per_second, () => {
      const lane = free.pop()
      if (lane) order(lane)
      else report.not_sent++
    })
  await ended.promise
  is_over = true
  clearInterval(timer)
  report.seconds = (now() - report.began_at_ms) / 1000
  for (const lane of lanes) lane.connection!.close()
  return report
}

/** Begins so many a second, however late this process is. */
function pace (per_second: number, begin: () => void) {
  const began = performance.now()
  let begun = 0
  return setInterval(() => {
    const due = (performance.now() - began) / 1000 * per_second
    for (; begun < due; begun++) begin()
  }, tick_ms)
}

function valueOf (body: string, mark: string): string {
  const at = body.indexOf(mark) + mark.length
  return body.slice(at, body.indexOf('"', at))
}

const orderRequest = ({ event_id, ticket_type_id, run }: RushJob, n: number) =>
  requestText('/api/orders', `{"event_id":"${event_id}","items":[{"ticket_type_id":` +
    `"${ticket_type_id}","quantity":${1 + n % 3}}],"buyer":{"name":"Guest ${n}","email":` +
    `"guest${n}@${run}.example.com","locale":"en"}}`, `idempotency-key: ${run}-${n}\r\n`)

const paymentRequest = (order_id: string, token: string, run: string) =>
  requestText('/api/payments',
    `{"order_id":"${order_id}","provider":"simulated","method":{"test_card":"success"}}`,
    `authorization: Bearer ${token}\r\nidempotency-key: pay-${run}-${order_id}\r\n`)

process.on('message', (message: RushJob | 'stop') => {
  if (message === 'stop') return stop()
  rush(message).then(report => process.send!(report),
    (error: unknown) => { throw error })
})
// The parent is gone: nobody wants to know.
process.on('disconnect', () => process.exit(0))
