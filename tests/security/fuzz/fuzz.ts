import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { draftFor, pageTargets, routeTargets, type Draft, type Target } from './drafts.ts'
import { brokenInvariants } from './invariants.ts'
import { learn } from './known.ts'
import { judge, type Finding } from './oracles.ts'
import { allRoutes } from './routes.ts'
import { createSender, type Sender, type Wire } from './send.ts'
import { kindOf } from './values.ts'
import { wireOf } from './wire.ts'
import { public_origin, type World } from './world.ts'

/**
 * Sequences of requests, made from the contracts and the pages, against a whole installation. What
 * breaks a rule is shrunk to few requests and told once; then the rest goes on.
 */

export interface FuzzOptions {
  requests: number
  seed: number
  /** Ends earlier then, on a machine that is busy with other things. */
  within_ms?: number
  /** Sequences that are sent beside each other. */
  at_once?: number
  /** Only what is called so; for looking closer, and for planted bugs. */
  only?: RegExp
  /** Ends once each of these is among the findings; nothing is shrunk then. */
  until_found?: readonly RegExp[]
}

export interface Fuzzed {
  requests: number
  findings: string[]
  /** For each target how often it answered with each status. */
  statuses: Map<string, Map<number, number>>
}

const longest_sequence = 24
const sequences_in_a_round = 20
/** Beyond that a finding is told as long as it is then. */
const max_shrinks = 60

interface Run {
  world: World
  sender: Sender
  options: FuzzOptions
  sent: number
  statuses: Fuzzed['statuses']
  noted: Map<string, string>
  /** Of `performance.now()`. */
  ends_at: number
}

/** The findings of a sequence, by what makes them the same, and what was sent until then. */
class Broken extends Error {
  readonly key: string
  constructor (key: string, trace: string[]) {
    super(trace.join('\n'))
    this.key = key
  }
}

/** Headers are the same everywhere: once is enough to know. */
const keyOf = ({ rule, where, detail }: Finding) =>
  rule === 'security headers' ? `${rule}: ${detail}` : `${rule}: ${where}: ${detail}`

export async function allTargets (): Promise<Target[]> {
  return [...routeTargets(await allRoutes()), ...await pageTargets()]
}

/** Sends so many requests. The seed makes the same ones again, as far as ids are the same. */
export async function fuzz (world: World, options: FuzzOptions): Promise<Fuzzed> {
  const { at_once = 8, seed, only, within_ms = Infinity } = options
  const targets = (await allTargets()).filter(({ name }) => !only || only.test(name))
  const sequence = fc.array(draftFor(targets), { minLength: 1, maxLength: longest_sequence })
  const run: Run = {
    world, options, sent: 0, statuses: new Map(), noted: new Map(),
    ends_at: performance.now() + within_ms,
    sender: createSender(world.port, at_once),
  }
  let round = 0
  const work = async () => {
    while (!isOver(run)) {
      await world.refresh()
      await playRound(run, sequence, seed + round++)
    }
  }
  await Promise.all(Array.from({ length: at_once }, work))
  run.sender.close()
  const broken = await settledInvariants(world, options.until_found ? 5_000 : 30_000)
  return { requests: run.sent, statuses: run.statuses, findings: [...run.noted.values(),
    ...broken.map(text => `invariant: ${text}`), ...await logFindings(world)] }
}

function isOver ({ sent, ends_at, noted, options: { requests, until_found } }: Run): boolean {
  const all_found = until_found?.every(one => [...noted.keys()].some(key => one.test(key)))
  return sent >= requests || performance.now() > ends_at || all_found === true
}

async function playRound (run: Run, sequence: fc.Arbitrary<Draft[]>, seed: number): Promise<void> {
  let hunted: string | null = null
  let shrinks = 0
  const property = fc.asyncProperty(sequence, async drafts => {
    if (hunted === null && isOver(run)) return
    if (hunted !== null && shrinks++ > max_shrinks) return
    const broken = await play(run, drafts, hunted)
    if (!broken) return
    hunted ??= broken.key
    throw broken
  })
  const result = await fc.check(property, {
    seed, numRuns: sequences_in_a_round, endOnFailure: run.options.until_found !== undefined })
  if (!result.failed) return
  const { errorInstance } = result
  if (!(errorInstance instanceof Broken)) throw errorInstance
  run.noted.set(errorInstance.key, `${errorInstance.key}\n  seed ${seed}, after ` +
    `${run.sent} requests, shrunk to:\n${errorInstance.message}\n${await lastFailures(run.world)}`)
}

/** Sends a sequence. @returns the first finding that is new, or the one that is hunted */
async function play (run: Run, drafts: Draft[], hunted: string | null): Promise<Broken | null> {
  const trace: string[] = []
  for (const draft of drafts) {
    const findings = await sendOne(run, draft, trace)
    const found = findings.map(keyOf)
      .find(key => hunted === null ? !run.noted.has(key) : key === hunted)
    if (found) return new Broken(found, trace)
  }
  return null
}

async function sendOne (run: Run, draft: Draft, trace: string[]): Promise<Finding[]> {
  const { known, tokenOf, secretsOf } = run.world
  const { target, actor } = draft
  const wire = wireOf(draft, { known, tokenOf, public_origin })
  run.sent++
  const answer = await run.sender.send(wire)
  trace.push(`  ${tell(wire)} as ${actor} -> ${answer?.status ?? 'closed'} ` +
    (answer && answer.status >= 400 ? answer.body.toString().slice(0, 300) : ''))
  if (answer === null) return []
  const counts = run.statuses.get(target.name) ?? new Map<number, number>()
  run.statuses.set(target.name, counts)
  counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1)
  if (target.is === 'route' && answer.status < 300 &&
    answer.headers['content-type']?.startsWith('application/json') && answer.body.length > 0 &&
    wire.raw === null) {
    const kind = kindOf('id', target.served.route.path)
    learn(JSON.parse(answer.body.toString()), { kind, known, actor })
  }
  return judge({ target, actor, wire }, answer, secretsOf)
}

const tell = ({ method, path, headers, body, raw }: Wire) => raw !== null
  ? JSON.stringify(raw.slice(0, 300))
  : `${method} ${path.slice(0, 300)} ${headers.filter(([name]) => name !== 'host').map(([name, value]) =>
    `${name}: ${value.slice(0, 60)}`).join(', ')} ${body === null ? '' : JSON.stringify(body.slice(0, 500))}`

async function logLines ({ log_folder }: World): Promise<string[]> {
  const names = await readdir(log_folder)
  const texts = await Promise.all(names.map(name => readFile(join(log_folder, name), 'utf8')))
  return texts.flatMap(text => text.split('\n'))
}

const isFailure = (line: string) => /"level":[56]0/.test(line)

/** What must not be in a log: failures, when nothing was answered with one; tokens; addresses. */
async function logFindings (world: World): Promise<string[]> {
  const secrets = /@example\.(com|org)|eyJ[\w-]{20,}|\bf[oq]_[\w-]{20,}|[?&]token=\w/
  const bad = (await logLines(world)).filter(line => isFailure(line) || secrets.test(line))
  const by_words = Map.groupBy(bad, line => line.replace(/[\da-f]{4,}|"time":"[^"]+"|\d+/g, ''))
  return [...by_words.values()].map(([line]) => `log: ${line!.slice(0, 1500)}`)
}

/** What the logs say of failures, newest last. */
async function lastFailures (world: World): Promise<string> {
  const lines = (await logLines(world)).filter(isFailure)
  return lines.sort((a, b) => timeOf(a).localeCompare(timeOf(b))).slice(-2)
    .map(line => `  log: ${line.slice(0, 1500)}`).join('\n')
}

const timeOf = (line: string) => /"time":"([^"]+)"/.exec(line)?.[1] ?? ''

/** Asks until all events were handled; what is then still wrong is wrong. */
async function settledInvariants ({ server }: World, within_ms: number): Promise<string[]> {
  const { pool } = server.system.contexts.get('orders')!
  const deadline = performance.now() + within_ms
  for (;;) {
    const broken = await brokenInvariants(pool)
    if (broken.length === 0 || performance.now() > deadline) return broken
    await sleep(200)
  }
}
