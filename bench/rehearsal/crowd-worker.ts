import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { summarize, type Latency } from '../statistics.ts'
import { createBrowsers } from './browsers.ts'
import { arrivalOf, createBuyer } from './buyer.ts'
import type {
  CrowdCounts, CrowdJob, CrowdMessage, CrowdResult, Step,
} from './crowd-job.ts'
import { visit, type Journey } from './journey.ts'

/**
 * The process that plays the buyers, apart from the rehearsal and from the server, so that none of
 * them waits for another. It takes jobs from its parent, one after the other.
 */

const tell_every_ms = 400
const tick_ms = 2
/** After the end nobody begins anything; what is under way may come to its end for so long. */
const patience_ms = 16_000

const nobody = (): CrowdCounts => ({
  came: 0, finished: 0, waiting: 0, held: 0, tickets_held: 0, paid: 0, sold_out: 0,
  turned_away: 0, looked: 0, abandoned: 0, canceled: 0, declined: 0, repeated: 0, unheard: 0,
  failed: 0, still_waiting: 0, ran_out: 0,
})

/** Lets the buyers come at their moments, in the order of their numbers. */
async function letCome (
  job: CrowdJob, began: number, begin: (number: number, due_at: number) => void,
  isOver: () => boolean
): Promise<number> {
  const part = (number: number) => job.arrivals === 'opening'
    ? arrivalOf(number, job.buyers) : number / job.buyers
  let late_ms = 0
  for (let number = 0; number < job.buyers && !isOver();) {
    const due_at = began + part(number) * job.within_ms
    const now = performance.now()
    if (due_at > now) {
      await sleep(tick_ms)
      continue
    }
    late_ms = Math.max(late_ms, now - due_at)
    begin(number++, due_at)
  }
  return late_ms
}

async function runCrowd (
  job: CrowdJob, say: (message: CrowdMessage) => void
): Promise<CrowdResult> {
  const counts = nobody()
  const samples = new Map<Step, number[]>()
  const statuses: Record<string, number> = {}
  const browsers = createBrowsers(job.port)
  const began = performance.now()
  const cpu = process.cpuUsage()
  const loop = performance.eventLoopUtilization()
  const journey: Journey = {
    job, browsers, counts, order_ids: [],
    isOver: () => performance.now() - began > job.ends_after_ms,
    rest: ms => sleep(Math.max(0, Math.min(ms, job.ends_after_ms - (performance.now() - began)))),
    measure (step, { status }, wanted_at) {
      const known = samples.get(step) ?? []
      known.push(performance.now() - wanted_at)
      samples.set(step, known)
      const name = `${step} ${status}`
      statuses[name] = (statuses[name] ?? 0) + 1
    },
  }
  const visits: Promise<void>[] = []
  const telling = setInterval(() => say({ kind: 'progress', counts }), tell_every_ms)
  const late_ms = await letCome(job, began, (number, due_at) => {
    counts.came++
    visits.push(visit(journey, createBuyer(job.seed, number, job.offers), due_at)
      .catch(() => { counts.failed++ })
      .finally(() => { counts.finished++ }))
  }, journey.isOver)
  const left_ms = Math.max(0, job.ends_after_ms - (performance.now() - began)) + patience_ms
  await Promise.race([Promise.all(visits), sleep(left_ms, undefined, { ref: false })])
  clearInterval(telling)
  const took_ms = performance.now() - began
  const { user, system } = process.cpuUsage(cpu)
  browsers.close()
  const latency: Partial<Record<Step, Latency>> = {}
  for (const [step, values] of samples) latency[step] = summarize(values)
  return {
    counts: { ...counts, ran_out: counts.ran_out + counts.came - counts.finished },
    order_ids: journey.order_ids, latency, statuses, late_ms, took_ms,
    cpu_share: (user + system) / 1000 / took_ms,
    event_loop_share: performance.eventLoopUtilization(loop).utilization,
  }
}

const tell = (message: CrowdMessage) => process.send!(message)

process.on('message', (job: CrowdJob) => {
  runCrowd(job, tell).then(
    result => tell({ kind: 'result', result }),
    (error: unknown) => tell({ kind: 'failed', error: String(error) }))
})
// Ctrl-C reaches all processes of a terminal; the parent decides what ends when.
process.on('SIGINT', () => {})
// The parent is gone: nobody wants an answer.
process.on('disconnect', () => process.exit(0))
