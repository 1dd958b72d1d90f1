import type { CrowdResult, Step } from './crowd-job.ts'
import type { Observation } from './observe.ts'
import { milliseconds, number } from './screen.ts'

/** When a number of buyers counts as served, and what stood in the way when it does not. */

/** The promise for any page and any answer, at the 99th percentile. */
export const slowest_ms = 300

/**
 * What buyers wait for in front of a screen. The room is not among them: waiting is its purpose.
 */
const judged: Step[] = ['page', 'hold', 'pay', 'order']

const names: Record<Step, string> = {
  page: 'pages', join: 'joining the room', wait: 'asking for the place', hold: 'holds',
  pay: 'payments', order: 'looks at the order',
}

/** Why so many buyers were not served well, the first reason first; empty when they were. */
export function findFaults ({ counts, latency, statuses }: CrowdResult): string[] {
  const faults: string[] = []
  const refused = Object.entries(statuses)
    .filter(([name]) => / (?:503|429)$/.test(name)).reduce((sum, [, count]) => sum + count, 0)
  if (refused > 0) faults.push(`${number(refused)} turned away`)
  if (counts.failed > 0) faults.push(`${number(counts.failed)} without a proper answer`)
  for (const step of judged) {
    const p99_ms = latency[step]?.p99_ms ?? 0
    if (p99_ms > slowest_ms) faults.push(`${names[step]} take ${milliseconds(p99_ms)}`)
  }
  return faults
}

export interface Bottleneck {
  what: 'load' | 'queue' | 'locks' | 'loop' | 'processors' | 'others' | 'database' | 'disk' | 'unknown'
  /** A sentence. */
  words: string
}

/** With a blank at which no line is broken. */
const percent = (share: number) => `${Math.round(share * 100)}\u00a0%`

const busy_loop = 0.9
const busy_machine = 0.92
const often = 0.3

/** Of a processor; less than that is what any machine does beside. */
const noticeable = 0.25

/** Other programs at work, as the end of a sentence; nothing when there were hardly any. */
const findStrangers = ({ others }: Observation) =>
  others !== null && others > noticeable ? `, and other programs ${percent(others)}` : ''

/** True when the figures say less about Fermata than about what else ran. */
export const isDisturbed = ({ others, cores }: Observation) =>
  others !== null && others > Math.max(noticeable, cores * 0.2)

/**
 * What was at its limit first. The load itself is asked about before anything else, because then
 * the rest was not measured; a full queue comes last, because something made it full.
 */
export function findBottleneck (result: CrowdResult, seen: Observation): Bottleneck {
  const {
    server_loop, server_cpu, database_cpu, machine, cores, lock_waits, disk_waits, others,
  } = seen
  const strangers = findStrangers(seen)
  const database = database_cpu === null ? '' : `, PostgreSQL ${percent(database_cpu)}`
  const used = `the server took ${percent(server_cpu)} of a processor${database}, the load itself ` +
    percent(result.cpu_share)
  if (result.event_loop_share > busy_loop) return { what: 'load',
    words: `the load itself: one process could not play more buyers (busy ${percent(result.event_loop_share)}), so the server may be able to do more` }
  if (lock_waits > often) return { what: 'locks',
    words: `locks in PostgreSQL: ${percent(lock_waits)} of its busy connections waited for another's` }
  if (server_loop > busy_loop) return { what: 'loop',
    words: `Node's event loop, busy ${percent(server_loop)} of the time: a process has one, and ${used}` }
  const ours = server_cpu + (database_cpu ?? 0) + result.cpu_share
  if (machine > busy_machine && others !== null && others > ours) return { what: 'others',
    words: `other programs: they took ${percent(others)} of this machine's ${cores} processors, and ${used}` }
  if (machine > busy_machine) return { what: 'processors',
    words: `the ${cores} processors of this machine, busy ${percent(machine)}: ${used}${strangers}` }
  if (database_cpu !== null && database_cpu > cores * busy_loop) return { what: 'database',
    words: `PostgreSQL's processors: ${used}` }
  if (disk_waits > often) return { what: 'disk',
    words: `the disk: ${percent(disk_waits)} of PostgreSQL's busy connections waited for it` }
  if (result.statuses['hold 503']) return { what: 'queue',
    words: `the queue of the box office: it was full, and nothing was busy enough to say why (${used})` }
  return { what: 'unknown',
    words: `nothing that shows: the event loop was busy ${percent(server_loop)}, the machine ${percent(machine)}; ${used}` }
}
