import {
  getQueue, getQueuePosition, joinQueue, setQueue, type JoinedQueue, type QueuePosition,
} from '@fermata/contracts/queue'
import { best, conclude, type Bench, type GoalResult } from '../bench.ts'
import { memoryMbOf, must, type Product } from '../product.ts'
import { startPlainServer, startRequestProcess, type RequestJob, type RequestResult } from '../requests.ts'
import { round } from '../statistics.ts'
import { chiSquareOf, countInversions, critical_at_1_percent } from './fairness.ts'

/** A batch of joins leaves every 50 ms, so as many must be on their way to fill it. */
const joining = 1024
const asking = 128
/** Asked for their place to see whether the draw was fair. */
const sampled = 5000
const together = 16
/** Of eight who join after the opening, one wave after the other. */
const waves_in_a_round = 20
/** As long as so many rounds: some steps of the admission, which moves once a second. */
const admitting_rounds = 4
/** What a room begins with, of which nobody has been seen to leave (rules/admission.ts). */
const begins_per_second = 50
/** Everybody comes from this machine: no join has a price, and there is no end. */
const whoever = 2_000_000
const draw_patience_ms = 60_000
/** What one message to the load process holds; so many places are asked for in turn. */
const asked_for = 100_000

type Run = (
  side: 'ours' | 'echo', texts: string[], connections: number, more?: Partial<RequestJob>
) => Promise<RequestResult>

/** P12: how fast people join and ask, beside an echo, and whether they are treated fairly. */
export async function measureWaitingRoom (bench: Bench): Promise<GoalResult[]> {
  const load = startRequestProcess()
  const plain = await startPlainServer()
  const { plan, product } = bench
  const run: Run = (side, texts, connections, more) => load.run({
    port: side === 'ours' ? product.port : plain.port, connections, texts, success: 200,
    warmup_ms: plan.warmup_seconds * 1000, duration_ms: plan.seconds * 1000, ...more })
  try {
    return await measure(bench, run)
  } finally {
    load.stop()
    plain.stop()
  }
}

async function measure (bench: Bench, run: Run): Promise<GoalResult[]> {
  const { plan, product, say } = bench
  const { event_id } = await product.openEvent(1_000_000)
  await setOpening(product, event_id, 3600)
  const join = joinText(event_id)
  const short = { warmup_ms: 200, duration_ms: plan.seconds * 200 }
  const join_echo = await best(plan.clients, async clients =>
    (await run('echo', [join], clients, short)).per_second)
  const joins = await inTurn(bench, 'joins', {
    ours: () => run('ours', [join], joining, { collect: '"token":"' }),
    echo: () => run('echo', [join], join_echo.count),
  })
  let tokens = joins.collected
  while (tokens.length < plan.waiting) {
    const more = await run('ours', [join], joining,
      { collect: '"token":"', requests: plan.waiting - tokens.length })
    if (more.succeeded === 0) break
    tokens = tokens.concat(more.collected)
  }
  const joined = await countJoined(product, event_id)
  if (joined !== tokens.length) {
    joins.bad.push(`${tokens.length} were told they joined, and ${joined} did`)
  }
  await setOpening(product, event_id, 0.5)
  const drawn_s = await opened(product, event_id)
  const memory_mb = memoryMbOf(product.pid)
  const admission = await admissionRate(product, event_id, plan.seconds * admitting_rounds)
  const draw = await fairnessOf(product, event_id, tokens, plan.rounds * waves_in_a_round)
  say(`  ${tokens.length} waiting: chi-square ${draw.chi_square.toFixed(1)}, ` +
    `${draw.inversions} inversions, ${admission.toFixed(1)} admitted/s; open ` +
    `${drawn_s.toFixed(1)} s after its time, ${memory_mb ?? 'unknown'} MB in memory`)
  const step = Math.ceil(tokens.length / asked_for)
  const ask = tokens.filter((_, at) => at % step === 0).map(token => askText(event_id, token))
  const ask_echo = await best(plan.clients, async clients =>
    (await run('echo', ask, clients, short)).per_second)
  const polls = await inTurn(bench, 'polls', {
    ours: () => run('ours', ask, asking), echo: () => run('echo', ask, ask_echo.count) })
  return conclusions({ joins, polls, draw, admission, waiting: tokens.length, drawn_s, memory_mb,
    clients: { joining, asking, join_echo, ask_echo } })
}

interface Compared { ours: number[], echo: number[], bad: string[], collected: string[] }

async function inTurn (
  { plan, say }: Bench, name: string,
  sides: Record<'ours' | 'echo', () => Promise<RequestResult>>
): Promise<Compared> {
  const compared: Compared = { ours: [], echo: [], bad: [], collected: [] }
  for (let one = 1; one <= plan.rounds; one++) {
    for (const side of ['echo', 'ours'] as const) {
      const { per_second, lost, statuses, collected } = await sides[side]()
      compared[side].push(per_second)
      // So many do not fit into the arguments of a push.
      if (side === 'ours') compared.collected = compared.collected.concat(collected)
      const strange = Object.keys(statuses).filter(status => status !== '200')
      if (lost > 0 || strange.length > 0) {
        compared.bad.push(`${name}: ${lost} lost, ${JSON.stringify(statuses)}`)
      }
    }
    say(`  round ${one}: ${compared.ours.at(-1)!.toFixed(0)} ${name}/s, ` +
      `${compared.echo.at(-1)!.toFixed(0)} echoes/s`)
  }
  return compared
}

const joinText = (event_id: string) => {
  // Of nobody in particular: a visitor has one place.
  const body = '{}'
  return `POST ${joinQueue.path.replace('{event_id}', event_id)} HTTP/1.1\r\nhost: localhost\r\n` +
    `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

const pathOf = (event_id: string, token: string) =>
  `${getQueuePosition.path.replace('{event_id}', event_id)}?token=${token}`
const askText = (event_id: string, token: string) =>
  `GET ${pathOf(event_id, token)} HTTP/1.1\r\nhost: localhost\r\n\r\n`

async function setOpening (product: Product, event_id: string, in_seconds: number): Promise<void> {
  const call = await product.callAsOrganizer()
  const opens_at = new Date(Date.now() + in_seconds * 1000).toISOString()
  await must(call(setQueue, { params: { event_id }, body: {
    enabled: true, opens_at, free_joins_per_network: whoever, max_joins_per_network: whoever } }))
}

const roomOf = async (product: Product, event_id: string) =>
  must((await product.callAsOrganizer())(getQueue, { params: { event_id } }))

/** By the ids that are stored, which the draw is about. */
const countJoined = async ({ pool }: Product, event_id: string) =>
  (await pool.query<{ joined: number }>(`select coalesce(sum(octet_length(ids)) / 16, 0)::integer
    as joined from orders.queue_joins where event_id = $1`, [event_id])).rows[0]!.joined

/** Waits for the draw. @returns seconds from the room's time to the moment when places are told */
async function opened (product: Product, event_id: string): Promise<number> {
  const began = performance.now()
  for (;;) {
    const { state, opens_at } = await roomOf(product, event_id)
    if (state === 'open') return (Date.now() - Date.parse(opens_at)) / 1000
    if (performance.now() - began > draw_patience_ms) throw new Error('The draw took too long')
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** People let in a second, while the checkout fills and nobody leaves it. */
async function admissionRate (
  { pool }: Product, event_id: string, seconds: number
): Promise<number> {
  await new Promise(resolve => setTimeout(resolve, seconds * 1000))
  // By the moments the room itself noted: looking at it from here would add our own second.
  const { rows: [row] } = await pool.query<{ people: number, seconds: number }>(`
    select max(up_to) - min(up_to) as people,
           extract(epoch from max(at) - min(at))::float8 as seconds
      from orders.queue_admissions where event_id = $1`, [event_id])
  return row!.seconds > 0 ? row!.people / row!.seconds : 0
}

async function fairnessOf (
  product: Product, event_id: string, tokens: string[], wave_count: number
) {
  const ask = async (token: string) => await (
    await fetch(`http://127.0.0.1:${product.port}${pathOf(event_id, token)}`)
  ).json() as QueuePosition
  const step = Math.max(1, Math.floor(tokens.length / sampled))
  const arrivals = tokens.map((token, arrival) => ({ token, arrival }))
    .filter(({ arrival }) => arrival % step === 0)
  const pairs: { arrival: number, place: number }[] = []
  for (let at = 0; at < arrivals.length; at += together) {
    pairs.push(...await Promise.all(arrivals.slice(at, at + together).map(async one =>
      ({ arrival: one.arrival, place: (await ask(one.token)).place! }))))
  }
  const waves: number[][] = []
  for (let wave = 0; wave < wave_count; wave++) {
    waves.push(await Promise.all(Array.from({ length: 8 }, async () =>
      (await joinAsNobody(product, event_id)).place!)))
  }
  return {
    chi_square: chiSquareOf(pairs), inversions: countInversions(waves), sampled: pairs.length,
  }
}

/** Not as an account, which has one place. */
async function joinAsNobody ({ port }: Product, event_id: string): Promise<JoinedQueue> {
  const path = joinQueue.path.replace('{event_id}', event_id)
  const answer = await fetch(`http://127.0.0.1:${port}${path}`,
    { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
  if (!answer.ok) throw new Error(`Joining was answered ${answer.status}`)
  return await answer.json() as JoinedQueue
}

interface Findings {
  joins: Compared
  polls: Compared
  draw: { chi_square: number, inversions: number, sampled: number }
  admission: number
  waiting: number
  drawn_s: number
  memory_mb: number | null
  clients: Record<string, unknown>
}

function conclusions (found: Findings): GoalResult[] {
  const { joins, polls, draw, admission, waiting, drawn_s, memory_mb, clients } = found
  const may_not_claim = `${waiting} waiting visitors are tokens that one process sends in turn over ` +
    'loopback: not as many browsers, connections or addresses. E shares its cores with the load ' +
    'process alone.'
  const ratios = ({ ours, echo }: Compared) => ours.map((rate, at) => rate / echo[at]!)
  const unfair = [
    ...(draw.chi_square < critical_at_1_percent ? [] : [`chi-square ${draw.chi_square}`]),
    ...(draw.inversions === 0 ? [] : [`${draw.inversions} inversions`]),
  ]
  const error = Math.abs(admission / begins_per_second - 1)
  return [
    conclude({ id: 'P12j', title: 'Joins of a waiting room / the same request echoed by Fastify (E)',
      target: { at_least: 0.6, unit: 'x' }, may_not_claim },
    { rounds: ratios(joins), void: joins.bad,
      details: { waiting, drawn_s: round(drawn_s), memory_mb, clients },
      sides: [{ name: 'durable joins', unit: '/s', values: joins.ours },
        { name: 'E', unit: '/s', values: joins.echo }] }),
    conclude({ id: 'P12p', title: 'Polls of one\'s place / the same request echoed by Fastify (E)',
      target: { at_least: 0.6, unit: 'x' }, may_not_claim },
    { rounds: ratios(polls), void: polls.bad,
      sides: [{ name: 'polls', unit: '/s', values: polls.ours },
        { name: 'E', unit: '/s', values: polls.echo }] }),
    conclude({ id: 'P12a', title: `Error of the admission rate (${begins_per_second}/s wanted)`,
      target: { at_most: 0.02, unit: 'x' },
      may_not_claim: 'Of a room that has just opened; how it follows a measured checkout is a ' +
        'property test of rules/admission.ts.' },
    { rounds: [error], void: unfair,
      details: { ...draw, critical_at_1_percent, admitted_per_second: round(admission) },
      sides: [{ name: 'admitted', unit: '/s', values: [admission] }] }),
  ]
}
