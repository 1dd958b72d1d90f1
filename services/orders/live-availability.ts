import { createHash } from 'node:crypto'
import type { Availability } from '@fermata/contracts/orders'
import { earlyJson, type EarlyAnswer } from '@fermata/platform/early-answers'
import { reply, type Reply } from '@fermata/platform/service'
import type { Ctx } from './context.ts'
import { presentTicketType } from './present-ticket-type.ts'
import { isAnnounced } from './queries/events.ts'
import { listTypes } from './queries/stock.ts'
import { nextPace, shortest_poll_ms } from './rules/poll-pace.ts'

/**
 * What everybody who looks at an event is told of its tickets: one answer for all, kept as text.
 * It is read from the database, so it is as true when other processes sell.
 */

/** The database is asked at most this often about an event, however many look. */
const fresh_ms = 500
/** Meanwhile the answer before it may still be given: it is less than a second old. */
const usable_ms = 900
/** Some kilobytes each; of more, those that nobody asked about for longest are forgotten. */
const max_events = 1000

const json_type = 'application/json; charset=utf-8'

export interface Answer {
  etag: string
  /** All are made once and sent to everybody: through the route, and early. */
  full: Reply<Availability>
  unchanged: Reply<null>
  early_full: EarlyAnswer
  early_unchanged: EarlyAnswer
}

export interface LiveAvailability {
  /** The answer; null where there is no such event for the public. */
  get: (event_id: string) => Answer | null | Promise<Answer | null>
  /** The answer if it is at hand; null says nothing. */
  peek: (event_id: string) => Answer | null
  /** Events that are remembered. */
  size: () => number
}

interface Kept {
  /** When the reading began from which the answer is: what it says was true then. */
  read_at_ms: number
  answer: Answer | null
  reading: Promise<Answer | null> | null
}

export function createLiveAvailability (ctx: Ctx): LiveAvailability {
  const events = new Map<string, Kept>()
  let pace_ms = shortest_poll_ms
  let counted = 0
  let counted_since_ms = performance.now()

  function adjustPace (now_ms: number): void {
    const elapsed_ms = now_ms - counted_since_ms
    if (elapsed_ms < pace_ms) return
    pace_ms = nextPace(pace_ms, counted, elapsed_ms)
    counted = 0
    counted_since_ms = now_ms
  }

  function keep (event_id: string): Kept {
    const kept = events.get(event_id) ?? { read_at_ms: -Infinity, answer: null, reading: null }
    // At the end of the map are those that were asked about last.
    events.delete(event_id)
    events.set(event_id, kept)
    if (events.size > max_events) events.delete(events.keys().next().value!)
    return kept
  }

  async function read (event_id: string, kept: Kept, began_ms: number): Promise<Answer | null> {
    try {
      kept.answer = await readAnswer(ctx, event_id, pace_ms)
      kept.read_at_ms = began_ms
      return kept.answer
    } finally {
      kept.reading = null
    }
  }

  /** The answer of now, unless it is being read already. */
  function readAnew (event_id: string, kept: Kept, now_ms: number): Promise<Answer | null> {
    if (kept.reading) return kept.reading
    keep(event_id)
    adjustPace(now_ms)
    kept.reading = read(event_id, kept, now_ms)
    // Whoever waits for it hears of a failure; perhaps nobody does.
    kept.reading.catch(() => undefined)
    return kept.reading
  }

  return {
    size: () => events.size,
    peek (event_id) {
      const kept = events.get(event_id)
      if (!kept?.answer) return null
      const now_ms = performance.now()
      const age_ms = now_ms - kept.read_at_ms
      if (age_ms >= fresh_ms) void readAnew(event_id, kept, now_ms)
      if (age_ms >= usable_ms) return null
      counted++
      return kept.answer
    },
    get (event_id) {
      counted++
      const now_ms = performance.now()
      const kept = events.get(event_id) ?? keep(event_id)
      const age_ms = now_ms - kept.read_at_ms
      if (age_ms < fresh_ms) return kept.answer
      const reading = readAnew(event_id, kept, now_ms)
      return age_ms < usable_ms ? kept.answer : reading
    },
  }
}

async function readAnswer (
  ctx: Ctx, event_id: string, poll_after_ms: number
): Promise<Answer | null> {
  const types = await listTypes(ctx.db, event_id)
  const is_public = types[0]
    ? types[0].event_status !== 'draft' : await isAnnounced(ctx.db, event_id)
  if (!is_public) return null
  const items = types.filter(({ access_code }) => access_code === null)
    .map(row => presentTicketType(row, { managed: false }))
    .map(({ id, available, on_sale, current_price_minor }) =>
      ({ id, available, on_sale, current_price_minor }))
  return toAnswer({ event_id, poll_after_ms, items })
}

function toAnswer (body: Availability): Answer {
  const text = JSON.stringify(body)
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
  // Kept by browsers and proxies, but never used unasked: it would be older than it may be.
  const kept = { etag, 'cache-control': 'public, no-cache', vary: 'origin' }
  const told = { ...kept, 'content-type': json_type }
  return {
    etag,
    // Text where the contract says what it means: written once, not once for each who asks.
    full: reply(text as never, { headers: told }),
    unchanged: reply(null, { status: 304, headers: kept }),
    early_unchanged: { status: 304, headers: Object.entries(kept).flat(), body: '' },
    early_full: earlyJson(text, kept),
  }
}
