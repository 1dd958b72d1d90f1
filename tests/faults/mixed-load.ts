import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { listDeliveries } from '@fermata/contracts/notifications'
import { getAttendance, listEvents, type Event } from '@fermata/contracts/events'
import { listOrders, type TicketType } from '@fermata/contracts/orders'
import { checkIn, getDoor, getTicketPdf, listTickets } from '@fermata/contracts/tickets'
import { listUsers } from '@fermata/contracts/users'
import type { ServerProcess } from '@fermata/testkit/server-process'
import { startCrowd } from '../../bench/rehearsal/crowd.ts'
import type { CrowdCounts, CrowdJob } from '../../bench/rehearsal/crowd-job.ts'
import { openRoom } from '../../bench/rehearsal/put-on-sale.ts'
import { putOnSale, signIn, type Account } from '../end-to-end/sell.ts'
import { atScale } from '../proofs/proof.ts'

/**
 * All that people do at once for as long as is asked: buyers of an event that lasts, of one that
 * sells out, of one behind a waiting room; a desk that reads lists, a door that admits, visitors of
 * pages. Each round has new events.
 */

export interface MixedLoad {
  seed: number
  seconds: number
  buyers_per_second: number
}

export interface Loaded {
  rounds: number
  counts: Record<keyof CrowdCounts, number>
  /** Requests of the desk, the door and visitors. */
  asked: number
  /** How often each status was an answer. */
  statuses: Map<number, number>
  /** Answers of 5xx that do not say what is wrong and when to come again. */
  unexplained: string[]
  memory: MemorySample[]
}

export interface MemorySample {
  at_s: number
  node_mb: number
}

const round_s = atScale(6, 30)
const sample_every_ms = 2000
const desk_pause_ms = atScale(50, 150)
/** Sold out before half of a round is over. */
const scarce = atScale(8, 60)
const ends_late_ms = 12_000

/** Resident memory of a process. */
function residentMb (pid: number): number {
  const [, kb] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(kb) / 1024
}

interface OnSale { event: Event, ticket_type: TicketType }

const jobOf = (
  { url }: ServerProcess, { event, ticket_type }: OnSale, load: MixedLoad, job: Partial<CrowdJob>
): CrowdJob => ({
  port: Number(new URL(url).port), event_id: event.id, slug: event.slug, seed: load.seed,
  offers: [{ ticket_type_id: ticket_type.id, weight: 1, least: 1, most: 4 }],
  run: `m${randomBytes(5).toString('hex')}`, arrivals: 'steady', think_ms: 500, has_room: false,
  buyers: Math.ceil(load.buyers_per_second * round_s / 3), within_ms: round_s * 1000,
  ends_after_ms: round_s * 1000 + ends_late_ms, ...job,
})

export async function loadMixed (server: ServerProcess, load: MixedLoad): Promise<Loaded> {
  const loaded: Loaded = { rounds: 0, counts: {} as Loaded['counts'], asked: 0,
    statuses: new Map(), unexplained: [], memory: [] }
  const began = performance.now()
  const sampling = setInterval(() => loaded.memory.push({
    at_s: (performance.now() - began) / 1000, node_mb: residentMb(server.pid),
  }), sample_every_ms)
  const crowds = [startCrowd(), startCrowd(), startCrowd()]
  try {
    while (performance.now() - began < load.seconds * 1000) {
      const sales = await openRound(server)
      const round = { is_over: false }
      const desk = visitDesk(server, sales, loaded, round)
      const results = await Promise.all(crowds.map((crowd, at) => crowd.run(
        jobOf(server, sales[at]!, { ...load, seed: load.seed + loaded.rounds },
          at === 2 ? { has_room: true, arrivals: 'opening' } : {}))))
      round.is_over = true
      await desk
      for (const { counts, statuses } of results) note(loaded, counts, statuses)
      loaded.rounds++
    }
  } finally {
    clearInterval(sampling)
    for (const crowd of crowds) crowd.stop()
  }
  return loaded
}

/** One that lasts, one that sells out, one behind a waiting room. */
async function openRound ({ call, callAs }: ServerProcess): Promise<OnSale[]> {
  const organizer = callAs(await signIn(call, 'eventcreator'))
  const sales = []
  for (const capacity of [100_000, scarce, 100_000]) {
    sales.push(await putOnSale(organizer, { capacity, max_per_order: 4 }))
  }
  await openRoom(organizer, sales[2]!.event.id, { max_in_checkout: 50, pass_minutes: 5 },
    new Date(Date.now() + 3000))
  return sales
}

function note (loaded: Loaded, counts: CrowdCounts, statuses: Record<string, number>): void {
  for (const [name, count] of Object.entries(counts) as [keyof CrowdCounts, number][]) {
    loaded.counts[name] = (loaded.counts[name] ?? 0) + count
  }
  for (const [name, count] of Object.entries(statuses)) {
    const status = Number(name.split(' ')[1])
    loaded.statuses.set(status, (loaded.statuses.get(status) ?? 0) + count)
    // A crowd that comes evenly is not too much: none of its buyers may be turned away.
    if (status === 0 || status >= 500) loaded.unexplained.push(`${name}, ${count} times`)
  }
}

type Ask = () => Promise<{ status: number, headers: Headers }>

/** Reads what organisers, administrators and visitors read, and admits whoever has a ticket. */
async function visitDesk (
  server: ServerProcess, sales: OnSale[], loaded: Loaded, round: { is_over: boolean }
): Promise<void> {
  const { call, callAs, url } = server
  const as = async (who: Account) => callAs(await signIn(call, who))
  const organizer = await as('eventcreator')
  const operator = await as('operator')
  const admin = await as('admin')
  const { event } = sales[0]!
  const of_event = { query: { event_id: event.id, limit: 20 } }
  const page = (path: string): Ask => () => fetch(`${url}${path}`, {
    headers: { accept: 'text/html', 'accept-language': 'fr' } }).then(async answer => {
    await answer.arrayBuffer()
    return answer
  })
  const asks: Ask[] = [
    () => call(listEvents, { query: {} }),
    () => organizer(listOrders, of_event),
    () => organizer(getAttendance, { params: { id: event.id } }),
    () => admin(listUsers, { query: {} }),
    () => admin(listDeliveries, { query: { q: 'guest1' } }),
    () => operator(getDoor, { params: { event_id: event.id } }),
    () => admit(operator, of_event),
    page('/'), page(`/events/${event.slug}`), page('/events'), page('/nothing-here'),
    page('/api/nothing-here'), page('/metrics'), page(`/events/${sales[1]!.event.slug}`),
  ]
  for (let at = 0; !round.is_over; at++) {
    const answer = await asks[at % asks.length]!()
    loaded.asked++
    loaded.statuses.set(answer.status, (loaded.statuses.get(answer.status) ?? 0) + 1)
    if (answer.status >= 500 && !answer.headers.has('retry-after')) {
      loaded.unexplained.push(`the desk's request ${at % asks.length} was answered ${answer.status}`)
    }
    await sleep(desk_pause_ms)
  }
}

async function admit (
  operator: ServerProcess['call'], of_event: { query: { event_id: string } }
): ReturnType<Ask> {
  const listed = await operator(listTickets, { query: { ...of_event.query, status: 'active' } })
  const ticket = listed.ok ? listed.body.items[0] : undefined
  if (!ticket) return listed
  const printed = await operator(getTicketPdf, { params: { id: ticket.id } })
  if (printed.status >= 500) return printed
  return operator(checkIn, {
    body: { code: ticket.code, event_id: of_event.query.event_id, gate: 'North' },
    headers: { 'idempotency-key': `admit-${ticket.id}` } })
}
