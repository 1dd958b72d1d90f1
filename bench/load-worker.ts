import { performance } from 'node:perf_hooks'
import { getText, openConnection, requestText, type Connection } from './http-connection.ts'
import type { LoadJob, LoadResult } from './load-job.ts'
import { summarize } from './statistics.ts'

/**
 * The load generator, a process of its own so that it shares no event loop with what it measures.
 * It takes jobs from its parent, one after the other.
 */

/** How long an answer may take after the last request. */
const patience_ms = 20_000
/** How often the open loop looks at the clock. */
const tick_ms = 1
/** Who waits for a ticket asks again after a pause that grows by half. */
const first_look_ms = 5
const longest_look_ms = 50

interface Flow {
  begun_ms: number
  sent_ms: number
  step: 'order' | 'payment' | 'ticket'
  order_id: string
  token: string
  pause_ms: number
}

interface Lane { connection: Connection | null, flow: Flow | null }

function createSamples () {
  return {
    latencies: [] as number[], refusals: [] as number[], order_ids: [] as string[],
    statuses: {} as Record<string, number>, completed: 0, lost: 0, not_sent: 0,
  }
}

async function runJob (job: LoadJob): Promise<LoadResult> {
  const samples = createSamples()
  const lanes: Lane[] = []
  const free: Lane[] = []
  const due: number[] = []
  let due_at = 0
  let begun = 0
  let in_flight = 0
  let warm_at = Infinity
  let end_at = Infinity
  let last_answer_at = 0
  let settled: () => void = () => {}
  const done = new Promise<void>(resolve => { settled = resolve })
  const most = job.requests ?? Infinity

  function begin (lane: Lane, begun_ms: number): void {
    lane.flow = {
      begun_ms, sent_ms: performance.now(), step: 'order', order_id: '', token: '',
      pause_ms: first_look_ms,
    }
    in_flight++
    lane.connection!.send(orderRequest(job, ++begun))
  }

  /** The lane has nothing in flight: it takes what is due, goes on, or rests. */
  function next (lane: Lane): void {
    const now = performance.now()
    if (job.per_second !== undefined) {
      if (due_at < due.length) begin(lane, due[due_at++]!)
      else free.push(lane)
    } else if (now < end_at && begun < most) begin(lane, now)
    if (in_flight === 0 && (now >= end_at || begun >= most)) settled()
  }

  function answered (lane: Lane, status: number, body: string, retry_after_s: number): void {
    const now = performance.now()
    const flow = lane.flow!
    samples.statuses[status] = (samples.statuses[status] ?? 0) + 1
    if (goOn(job, lane, { status, body, now, n: begun }, samples.order_ids)) return
    const measured = now >= warm_at && now < end_at
    if (status === (flow.step === 'ticket' ? 200 : 201)) {
      last_answer_at = now
      if (measured) samples.completed++
      if (measured || (job.per_second !== undefined && flow.begun_ms >= warm_at)) {
        samples.latencies.push(now - flow.begun_ms)
      }
    } else if (measured && (status === 503 || status === 429)) {
      samples.refusals.push(now - flow.sent_ms)
    }
    in_flight--
    lane.flow = null
    if (job.heeds_retry_after && retry_after_s > 0 && now < end_at) {
      setTimeout(next, retry_after_s * 1000, lane)
    } else next(lane)
  }

  await Promise.all(Array.from({ length: job.connections }, async () => {
    const lane: Lane = { connection: null, flow: null }
    lane.connection = await openConnection(job.port,
      (...answer) => answered(lane, ...answer), was_waiting => {
        if (was_waiting) in_flight--
        samples.lost++
        if (in_flight === 0) settled()
      })
    lanes.push(lane)
  }))
  const started_at = performance.now()
  const cpu = process.cpuUsage()
  const loop = performance.eventLoopUtilization()
  warm_at = started_at + job.warmup_ms
  end_at = warm_at + job.duration_ms
  let scheduled = 0
  if (job.per_second === undefined) for (const lane of lanes) next(lane)
  else {
    free.push(...lanes)
    scheduled = await schedule(job.per_second, started_at, end_at, at => {
      const lane = free.pop()
      if (lane) begin(lane, at)
      else if (job.drop_when_busy) samples.not_sent++
      else due.push(at)
    })
    if (in_flight === 0) settled()
  }
  const usage = () => {
    const { user, system } = process.cpuUsage(cpu)
    return (user + system) / 1000 / (performance.now() - started_at)
  }
  await Promise.race([done, timeout(end_at - performance.now() + patience_ms)])
  const share = performance.eventLoopUtilization(loop).utilization
  const finished_at = Math.min(end_at, Math.max(last_answer_at, warm_at))
  const result = report(samples, {
    in_flight, scheduled, measured_ms: (most === Infinity ? end_at : finished_at) - warm_at,
    cpu_share: usage(), event_loop_share: share,
  })
  for (const lane of lanes) lane.connection!.close()
  return result
}

interface Heard { status: number, body: string, now: number, n: number }

/** Takes the next step of a flow. @returns false when it is at its end, or was refused */
function goOn (
  job: LoadJob, { flow, connection }: Lane, { status, body, now, n }: Heard, order_ids: string[]
): boolean {
  const { step } = flow!
  if (status === 201 && step === 'order') {
    Object.assign(flow!, { step: 'payment', sent_ms: now, order_id: idOf(body), token: tokenOf(body) })
    order_ids.push(flow!.order_id)
    if (job.flow === 'order') return false
    connection!.send(paymentRequest(job, flow!.order_id, flow!.token, n))
    return true
  }
  if (job.flow !== 'ticket' || (step !== 'ticket' && status !== 201)) return false
  if (step === 'ticket' && (status !== 200 || body.includes(code_mark))) return false
  flow!.step = 'ticket'
  setTimeout(() => connection!.send(ticketRequest(flow!)), flow!.pause_ms)
  flow!.pause_ms = Math.min(flow!.pause_ms * 1.5, longest_look_ms)
  return true
}

/** Calls `begin` at each moment at which a flow is due, however late this process is. */
function schedule (
  per_second: number, started_at: number, end_at: number, begin: (at: number) => void
): Promise<number> {
  const total = Math.floor((end_at - started_at) / 1000 * per_second)
  let count = 0
  return new Promise(resolve => {
    const timer = setInterval(() => {
      const reached = Math.min(total, (performance.now() - started_at) / 1000 * per_second)
      while (count < reached) begin(started_at + count++ * 1000 / per_second)
      if (count < total) return
      clearInterval(timer)
      resolve(count)
    }, tick_ms)
  })
}

const timeout = (ms: number) => new Promise<void>(resolve => { setTimeout(resolve, ms).unref() })

interface Facts {
  in_flight: number
  scheduled: number
  measured_ms: number
  cpu_share: number
  event_loop_share: number
}

function report (samples: ReturnType<typeof createSamples>, facts: Facts): LoadResult {
  const { order_ids, statuses, latencies, refusals, completed, lost, not_sent } = samples
  const measured_s = facts.measured_ms / 1000
  return {
    acknowledged: order_ids.length, order_ids, statuses,
    per_second: completed / measured_s, measured_s,
    latency: summarize(latencies), refusals: summarize(refusals),
    refused_per_second: refusals.length / measured_s,
    scheduled: facts.scheduled, not_sent, lost: lost + facts.in_flight,
    cpu_share: facts.cpu_share, event_loop_share: facts.event_loop_share,
  }
}

const id_mark = '"id":"'
const token_mark = '"access_token":"'
/** Of a ticket; a list without any has none. */
const code_mark = '"code":"'

function idOf (body: string): string {
  const at = body.indexOf(id_mark) + id_mark.length
  return body.slice(at, at + 36)
}

function tokenOf (body: string): string {
  const at = body.indexOf(token_mark) + token_mark.length
  return body.slice(at, body.indexOf('"', at))
}

const orderRequest = ({ event_id, ticket_type_id, run }: LoadJob, n: number) =>
  requestText('/api/orders', `{"event_id":"${event_id}","items":[{"ticket_type_id":` +
    `"${ticket_type_id}","quantity":1}],"buyer":{"name":"Guest ${n}","email":` +
    `"guest${n}@${run}.example.com","locale":"en"}}`, `idempotency-key: ${run}-${n}\r\n`)

const paymentRequest = ({ run }: LoadJob, order_id: string, token: string, n: number) =>
  requestText('/api/payments',
    `{"order_id":"${order_id}","provider":"simulated","method":{"test_card":"success"}}`,
    `authorization: Bearer ${token}\r\nidempotency-key: pay-${run}-${n}-${order_id}\r\n`)

const ticketRequest = ({ order_id, token }: Flow) =>
  getText(`/api/tickets?order_id=${order_id}`, `authorization: Bearer ${token}\r\n`)

process.on('message', (job: LoadJob) => {
  runJob(job).then(
    result => process.send!({ result }),
    (error: unknown) => process.send!({ error: String(error) }))
})
// The parent is gone: nobody wants an answer.
process.on('disconnect', () => process.exit(0))
