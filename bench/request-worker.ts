import { performance } from 'node:perf_hooks'
import { openConnection, type Connection } from './http-connection.ts'
import type { RequestJob, RequestResult } from './requests.ts'
import { summarize } from './statistics.ts'

/** Sends ready-made requests in a process of its own; jobs come from the parent. */

const patience_ms = 20_000

async function runJob (job: RequestJob): Promise<RequestResult> {
  const { texts, success, requests = Infinity, collect } = job
  const latencies: number[] = []
  const collected: string[] = []
  const statuses: Record<string, number> = {}
  let [sent, in_flight, completed, succeeded, lost] = [0, 0, 0, 0, 0]
  let warm_at = Infinity
  let end_at = Infinity
  let settled: () => void = () => {}
  const done = new Promise<void>(resolve => { settled = resolve })

  function next (connection: Connection, lane: { sent_ms: number }): void {
    const now = performance.now()
    if (now >= end_at || sent >= requests) {
      if (in_flight === 0) settled()
      return
    }
    lane.sent_ms = now
    in_flight++
    connection.send(texts[sent++ % texts.length]!)
  }

  const connections = await Promise.all(Array.from({ length: job.connections }, async () => {
    const lane = { sent_ms: 0 }
    const connection: Connection = await openConnection(job.port, (status, body) => {
      const now = performance.now()
      in_flight--
      statuses[status] = (statuses[status] ?? 0) + 1
      if (status === success) {
        succeeded++
        if (collect !== undefined) collected.push(after(body, collect))
        if (now >= warm_at && now < end_at) {
          completed++
          latencies.push(now - lane.sent_ms)
        }
      }
      next(connection, lane)
    }, was_waiting => {
      lost++
      if (was_waiting) in_flight--
      if (in_flight === 0) settled()
    })
    return { connection, lane }
  }))
  const started_at = performance.now()
  const cpu = process.cpuUsage()
  warm_at = started_at + job.warmup_ms
  end_at = warm_at + job.duration_ms
  for (const { connection, lane } of connections) next(connection, lane)
  const late = new Promise<void>(resolve => {
    setTimeout(resolve, end_at - performance.now() + patience_ms).unref()
  })
  await Promise.race([done, late])
  const finished_at = Math.min(performance.now(), end_at)
  const { user, system } = process.cpuUsage(cpu)
  const cpu_share = (user + system) / 1000 / (performance.now() - started_at)
  for (const { connection } of connections) connection.close()
  return {
    per_second: completed / Math.max(0.001, (finished_at - warm_at) / 1000), succeeded, statuses,
    latency: summarize(latencies), lost: lost + in_flight, collected, cpu_share,
  }
}

function after (body: string, mark: string): string {
  const at = body.indexOf(mark) + mark.length
  return body.slice(at, body.indexOf('"', at))
}

process.on('message', (job: RequestJob) => {
  runJob(job).then(
    result => process.send!({ result }),
    (error: unknown) => process.send!({ error: String(error) }))
})
process.on('disconnect', () => process.exit(0))
