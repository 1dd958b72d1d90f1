import type { CrowdCounts, CrowdResult, Step } from './crowd-job.ts'
import { findFaults, slowest_ms, type Bottleneck } from './judge.ts'
import type { Observation } from './observe.ts'
import { bar, milliseconds, number, wrap, type Screen } from './screen.ts'
import { safe_share } from './search.ts'
import type { Observed } from './stages.ts'
import type { Check } from './sums.ts'

/** How a rehearsal reads: a table while it searches, a bar while it opens, a result at the end. */

const width = 84
const label_width = 14
const column = (text: string, size = 10) => text.padStart(size)

export const trialHead = (screen: Screen) =>
  screen.dim(`${column('buyers/min', 12)}${column('page')}${column('hold')}${column('pay')}   p99`)

export function trialLine (screen: Screen, { per_minute, result, faults }: Observed): string {
  const p99 = (step: Step) => column(milliseconds(result.latency[step]?.p99_ms))
  const verdict = faults.length === 0
    ? screen.good('✓') : `${screen.bad('✗')} ${faults.slice(0, 2).join(', ')}`
  return `${column(number(per_minute), 12)}${p99('page')}${p99('hold')}${p99('pay')}   ${verdict}`
}

const clock = (ms: number) =>
  `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`

export const trialProgress = (screen: Screen, per_minute: number, counts: CrowdCounts) =>
  `${column(number(per_minute), 12)}   ${screen.dim(`${number(counts.came)} came, ${number(counts.held)} hold tickets …`)}`

export function openingProgress (counts: CrowdCounts, buyers: number, began: number): string {
  const parts = [
    `${number(counts.came)} of ${number(buyers)} came`,
    counts.waiting > 0 && `${number(counts.waiting)} wait`,
    `${number(counts.held)} hold`, `${number(counts.paid)} paid`,
    counts.sold_out > 0 && `${number(counts.sold_out)} too late`,
    counts.turned_away > 0 && `${number(counts.turned_away)} turned away`,
  ].filter(part => part !== false)
  return `${bar(counts.finished / buyers, 16)} ${clock(performance.now() - began)}  ${parts.join(' · ')}`
}

const step_names: [Step, string][] = [
  ['page', 'page of the event'], ['join', 'join the room'], ['wait', 'ask for the place'],
  ['hold', 'hold tickets'], ['pay', 'start to pay'], ['order', 'look at the order'],
]

export function latencyTable (screen: Screen, { latency }: CrowdResult): string[] {
  const head = screen.dim(`${''.padEnd(20)}${column('times')}${column('p50')}${column('p95')}${column('p99')}${column('longest')}`)
  return [head, ...step_names.flatMap(([step, name]) => {
    const seen = latency[step]
    if (!seen) return []
    const { count, p50_ms, p95_ms, p99_ms, max_ms } = seen
    const late = p99_ms > slowest_ms && step !== 'join' && step !== 'wait'
    const p99 = column(milliseconds(p99_ms))
    return [`${name.padEnd(20)}${column(number(count))}${column(milliseconds(p50_ms))}` +
      `${column(milliseconds(p95_ms))}${late ? screen.bad(p99) : p99}${column(milliseconds(max_ms))}`]
  })]
}

/** What became of everybody who came. */
export function outcomes (counts: CrowdCounts): string {
  const parts: [number, string][] = [
    [counts.paid, 'paid'], [counts.abandoned, 'held and left'], [counts.canceled, 'canceled'],
    [counts.declined, 'had their card declined'], [counts.sold_out, 'came too late'],
    [counts.looked, 'only looked'], [counts.turned_away, 'were turned away'],
    [counts.failed, 'had no proper answer'],
    [counts.still_waiting, 'were still in the waiting room at the end'],
    [counts.ran_out, 'were not done when the time was over'],
  ]
  const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${number(count)} ${what}`)
  const again = counts.repeated > 0
    ? ` ${number(counts.repeated)} lost an answer and asked again with the same key.` : ''
  return `${number(counts.came)} came: ${said.join(', ')}.${again}`
}

export interface Findings {
  safe: Observed | null
  served: Observed | null
  bottleneck: Bottleneck | null
  opening: CrowdResult
  /** The largest crowd of which everybody got an answer, with what it used. */
  largest: { result: CrowdResult, seen: Observation } | null
  has_room: boolean
  buyers: number
  /** Other programs of this machine were at work as well. */
  is_disturbed: boolean
  checks: Check[]
  mails: number
}

function safeWords ({ safe, served }: Findings): string {
  if (safe) return `${number(safe.per_minute)} buyers a minute`
  if (served) return `unknown: ${number(served.per_minute)} buyers a minute went well for a moment, but not for longer`
  return 'unknown: not even the smallest number of buyers was served as it should be'
}

function openingWords ({ opening, has_room, safe, buyers }: Findings): string {
  const faults = findFaults(opening)
  const came = `${number(buyers)} buyers at the opening`
  if (faults.length === 0) return `${came} were served in time`
  const advice = has_room ? 'Even with a waiting room the pages before it were too much.'
    : 'A waiting room spreads them: add --with-queue to see it.'
  return `${came} are too many at once${safe ? '' : ' for this machine'}: ${faults.join(', ')}. ${advice}`
}

/** The one figure that other programs hardly change. */
function costWords ({ result, seen }: NonNullable<Findings['largest']>): string {
  const each = (processors: number) =>
    milliseconds(processors * seen.seconds * 1000 / result.counts.came)
  const database = seen.database_cpu === null ? '' : ` and PostgreSQL ${each(seen.database_cpu)}`
  return `takes the server ${each(seen.server_cpu)} of a processor${database}, mails included`
}

const disturbed = 'other programs took much of this machine meanwhile, so it can do more than this ' +
  'shows. Rehearse again when it is quiet.'

export function describeResult (screen: Screen, findings: Findings): string[] {
  const row = (label: string, text: string, paint = (line: string) => line) =>
    `${screen.dim(label.padEnd(label_width))}${paint(wrap(text, width - label_width, label_width))}`
  const { bottleneck, checks, mails } = findings
  const sums = checks.map(({ name, numbers, agrees }) => {
    const same = numbers.map(([what, count]) => `${number(count)} ${what}`).join(agrees ? ' = ' : ' ≠ ')
    return row(name, `${agrees ? '✓' : '✗'} ${same}`, agrees ? undefined : screen.bad)
  })
  return [
    row('Safe', safeWords(findings), screen.bold),
    ...findings.safe ? [row('', `${Math.round(safe_share * 100)} % of what was served at most, then tried for longer`, screen.dim)] : [],
    row('Bottleneck', bottleneck ? bottleneck.words : 'none was reached'),
    row('The opening', openingWords(findings)),
    ...findings.largest ? [row('A buyer', costWords(findings.largest))] : [],
    ...findings.is_disturbed ? [row('Careful', disturbed, screen.bad)] : [],
    '',
    screen.dim('Sums over everything, read from the database afterwards'),
    ...sums,
    row('mails', `${number(mails)} were sent so far, to nobody`),
  ]
}

export const not_shown = wrap('This does not show: the network and TLS between buyers and you, your ' +
  'payment provider, your mail server, pictures and scripts of pages, and what other programs do on ' +
  'that day. The buyers are played on this machine and take processors from it. How long people ' +
  'think and how many give up is assumed. See docs/operate/rehearse.md.', width, 0)
