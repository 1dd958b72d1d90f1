import { setTimeout as pause } from 'node:timers/promises'
import {
  mismatchKinds, missingEffectsRoute, serviceOfList, statementRoute, type MismatchKind,
  type Mismatched, type MissingEffect, type Reconciliation, type SentEvent, type StatementAnswer,
  type StatementLine, type StatementQuestion,
} from '@fermata/contracts/reconciliation'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { consumersOf } from '@fermata/platform/statements'
import type { Ctx } from './context.ts'
import { comparisons, patience, type Finding } from './rules/disagreements.ts'

/** How services are asked: by their internal routes, or beside them in their databases. */
export interface Statements {
  state: (service: ServiceName, question: StatementQuestion) => Promise<StatementAnswer>
  missingEffects: (service: ServiceName, events: SentEvent[]) => Promise<MissingEffect[]>
}

export interface ReconcileOptions {
  /** How long what looked wrong is left alone before it is looked at again; 5 s by default. */
  settle_ms?: number
  /** What is younger when it still looks wrong is on its way; a minute by default. */
  older_than_ms?: number
  signal?: AbortSignal
}

/** A comparison with all that it found, for whoever mends it. */
export interface Reconciled extends Reconciliation {
  found: Map<MismatchKind, Mismatched[]>
}

/** Suspects that are asked about at once; `max_ids` of the costliest list would take seconds. */
const looked_at_again = 100
/** Suspects of one look: with so much wrong it goes no further, and says so. */
const kept_suspects = 100_000
/** Events of one service that are looked up at their consumers: minutes of a rush, hours else. */
const most_events = 100_000
const shown = 10

/** A line, and how old it is by the clock of who states it. */
interface Aged { line: StatementLine, age_ms: number }
/** What services state of one thing, in the order of the lists; undefined where one knows none. */
interface Subject { id: string, stated: (Aged | undefined)[] }

/** Something to compare: which lists, and what is wrong with what they state of a subject. */
interface Look {
  lists: readonly string[]
  /** Lines that are read at most. */
  most?: number
  judge: (subjects: Subject[]) => Promise<Finding[][]>
}

/**
 * Compares what all services hold. Reads only, some lines at a time and each time in a short
 * transaction, so nobody waits for it. Services are not read in the same instant and events travel
 * between them: what looked wrong is looked at again after a moment, and counts when it is still
 * wrong and was not changed just now. A service that is away is named in `unanswered`, and what it
 * would have to be compared with is left out.
 */
export async function reconcile (
  asks: Statements, options: ReconcileOptions = {}
): Promise<Reconciled> {
  const { settle_ms = 5000, older_than_ms = 60_000, signal } = options
  const report: Reconciled = {
    checked: [], mismatches: [], in_flight: 0, unanswered: [], found: new Map(),
  }
  const suspected: { look: Look, ids: Map<string, Finding[]> }[] = []
  for (const look of looksOf(asks)) {
    await unlessAway(report, look, async () => {
      const { ids, checked } = await firstLook(asks, look, signal)
      report.checked.push(...checked)
      if (ids.size > 0) suspected.push({ look, ids })
    })
  }
  if (suspected.length > 0) await pause(settle_ms, undefined, { signal })
  for (const { look, ids } of suspected) {
    await unlessAway(report, look, () =>
      secondLook(asks, look, ids, { report, older_than_ms, signal }))
  }
  report.mismatches = mismatchKinds.flatMap(kind => {
    const found = report.found.get(kind)
    return found ? [{ kind, count: found.length, first: found.slice(0, shown) }] : []
  })
  return report
}

/** A service that did not answer, and what it said instead. */
class Away extends Error {
  readonly service: ServiceName

  constructor (service: ServiceName, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.service = service
  }
}

async function asked<T> (service: ServiceName, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw new Away(service, error)
  }
}

/** Who was away a moment ago is not waited for again. */
async function unlessAway (
  { unanswered }: Reconciled, { lists }: Look, work: () => Promise<void>
): Promise<void> {
  const away = new Set(unanswered.map(({ service }) => service))
  if (lists.some(list => away.has(serviceOfList(list)))) return
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Away)) throw error
    const { service, message: reason } = error
    if (!unanswered.some(one => one.service === service)) unanswered.push({ service, reason })
  }
}

function looksOf (asks: Statements): Look[] {
  return [
    ...comparisons.map(({ lists, judge }): Look => ({
      lists,
      judge: async subjects => subjects.map(({ stated }) => judge(Object.fromEntries(
        lists.map((list, index) => [list, stated[index]?.line.figures])))),
    })),
    ...serviceNames.flatMap(name => messageLooks(asks, name)),
  ]
}

/** What a service sends is waited for, and leaves a mark wherever it is handled. */
function messageLooks (asks: Statements, name: ServiceName): Look[] {
  const every = (list: string, tell: (line: StatementLine) => Finding): Look => ({
    lists: [`${name}.${list}`],
    judge: async subjects => subjects.map(({ stated: [own] }) => own ? [tell(own.line)] : []),
  })
  return [
    every('unsent', ({ figures: { type, attempts } }) =>
      ({ kind: 'event_waiting', detail: `${String(type)}, attempts ${String(attempts)}` })),
    every('dead_letters', ({ figures: { type, handler, error } }) => ({
      kind: 'dead_letter', detail: `${String(type)} for ${String(handler)}: ${String(error)}` })),
    { lists: [`${name}.sent`], most: most_events, judge: subjects => judgeSent(asks, subjects) },
  ]
}

async function judgeSent (asks: Statements, subjects: Subject[]): Promise<Finding[][]> {
  const events = subjects.flatMap(({ id, stated: [own] }): SentEvent[] =>
    own ? [{ id, type: String(own.line.figures.type), data: String(own.line.figures.data) }] : [])
  const missing = new Map<string, string[]>()
  for (const [service, theirs] of byConsumer(events)) {
    const answer = await asked(service, () => asks.missingEffects(service, theirs))
    for (const { event_id, handler } of answer) {
      missing.set(event_id, [...missing.get(event_id) ?? [], `${service}.${handler}`])
    }
  }
  const types = new Map(events.map(({ id, type }) => [id, type]))
  return subjects.map(({ id }) => {
    const handlers = missing.get(id)
    return handlers ? [{
      kind: 'event_without_effect', detail: `${types.get(id)}, not handled by ${handlers.join(', ')}`,
    }] : []
  })
}

function byConsumer (events: SentEvent[]): Map<ServiceName, SentEvent[]> {
  const groups = new Map<ServiceName, SentEvent[]>()
  for (const event of events) {
    for (const service of consumersOf(event.type)) {
      groups.set(service, [...groups.get(service) ?? [], event])
    }
  }
  return groups
}

/** Reads all lines of the lists side by side, in the order of ids. */
async function firstLook (asks: Statements, look: Look, signal: AbortSignal | undefined) {
  const { lists, most = Infinity, judge } = look
  const checked = lists.map(list => ({ list, lines: 0, is_all: true }))
  const readers = lists.map((list, index) => createReader(asks, list, checked[index]!))
  const ids = new Map<string, Finding[]>()
  for (;;) {
    signal?.throwIfAborted()
    const subjects = await nextSubjects(readers)
    if (subjects.length === 0) break
    const findings = await judge(subjects)
    subjects.forEach(({ id }, index) => {
      if (findings[index]!.length > 0) ids.set(id, findings[index]!)
    })
    if (checked[0]!.lines >= most || ids.size >= kept_suspects) {
      checked.forEach((list, index) => {
        const { waiting, is_last } = readers[index]!
        list.is_all = is_last && waiting.length === 0
      })
      break
    }
  }
  return { ids, checked }
}

/** Lines of one list that were read and not looked at yet. */
interface Reader { waiting: Aged[], is_last: boolean, fill: () => Promise<void> }

function createReader (asks: Statements, list: string, checked: { lines: number }): Reader {
  const service = serviceOfList(list)
  let after: string | null = null
  const reader: Reader = {
    waiting: [], is_last: false,
    async fill () {
      if (reader.waiting.length > 0 || reader.is_last) return
      const answer = await asked(service, () => asks.state(service, { list, after, ids: null }))
      reader.waiting = aged(answer)
      reader.is_last = answer.is_last
      after = answer.lines.at(-1)?.id ?? after
      checked.lines += answer.lines.length
    },
  }
  return reader
}

const aged = ({ now, lines }: StatementAnswer): Aged[] => lines.map(line => ({
  line, age_ms: line.since === null ? Infinity : Date.parse(now) - Date.parse(line.since),
}))

/** All subjects that are known of as far as every list was read. */
async function nextSubjects (readers: Reader[]): Promise<Subject[]> {
  for (const reader of readers) await reader.fill()
  const ends = readers.flatMap(({ waiting, is_last }) => is_last ? [] : [waiting.at(-1)!.line.id])
  const end = ends.length > 0 ? ends.reduce((a, b) => a < b ? a : b) : null
  const subjects = new Map<string, Subject>()
  readers.forEach((reader, index) => {
    const beyond = end === null ? -1 : reader.waiting.findIndex(({ line }) => line.id > end)
    const ready = reader.waiting.splice(0, beyond === -1 ? reader.waiting.length : beyond)
    for (const one of ready) {
      const { id } = one.line
      const subject = subjects.get(id) ?? { id, stated: readers.map(() => undefined) }
      subject.stated[index] = one
      subjects.set(subject.id, subject)
    }
  })
  return [...subjects.values()]
}

interface Second { report: Reconciled, older_than_ms: number, signal: AbortSignal | undefined }

/** What is still wrong with them in the same way, and was not changed a moment ago, counts. */
async function secondLook (
  asks: Statements, { lists, judge }: Look, suspects: Map<string, Finding[]>,
  { report, older_than_ms, signal }: Second
): Promise<void> {
  const all = [...suspects.keys()]
  for (let at = 0; at < all.length; at += looked_at_again) {
    signal?.throwIfAborted()
    const ids = all.slice(at, at + looked_at_again)
    const subjects = await subjectsOf(asks, lists, ids)
    const findings = await judge(subjects)
    subjects.forEach(({ id, stated }, index) => {
      const age_ms = Math.min(...stated.map(one => one?.age_ms ?? Infinity))
      const still = findings[index]!.filter(({ kind }) =>
        suspects.get(id)!.some(first => first.kind === kind) &&
        age_ms >= older_than_ms * (patience[kind] ?? 1))
      if (still.length === 0) report.in_flight++
      for (const { kind, detail } of still) {
        const since = stated.map(one => one?.line.since ?? '').sort().at(-1) || null
        const found = report.found.get(kind) ?? []
        found.push({ service: serviceOfList(lists[0]!), id, detail, since })
        report.found.set(kind, found)
      }
    })
  }
}

async function subjectsOf (
  asks: Statements, lists: readonly string[], ids: string[]
): Promise<Subject[]> {
  const answers: Map<string, Aged>[] = []
  for (const list of lists) {
    const service = serviceOfList(list)
    const answer = await asked(service, () => asks.state(service, { list, after: null, ids }))
    answers.push(new Map(aged(answer).map(one => [one.line.id, one])))
  }
  return ids.map(id => ({ id, stated: answers.map(answer => answer.get(id)) }))
}

/** Asks by the services' internal routes, wherever they run. */
export const askServices = ({ call }: Pick<Ctx, 'call'>): Statements => ({
  state: (service, question) => call(statementRoute(service), { body: question }),
  missingEffects: async (service, events) =>
    (await call(missingEffectsRoute(service), { body: { events } })).missing,
})
