import { setTimeout as sleep } from 'node:timers/promises'
import { unavailable } from '@fermata/contracts/problems'
import { isDatabaseAway } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import { createCollector, type Collector } from '@fermata/platform/collector'
import type { Ctx } from './context.ts'
import { findRooms, listDrawn, type RoomRow } from './queries/queue.ts'
import { draw, seedOf, type Draw, type Drawn } from './queue-draw.ts'
import { appendBatch, type Joined, type JoinRequest } from './queue-joins.ts'
import { createJoinBook, type JoinBook } from './queue-book.ts'
import { toRoom, type Room } from './queue-room.ts'
import { queueKeys } from './queue-tokens.ts'

export interface WaitingRooms {
  get: (event_id: string) => Room | undefined
  /** Reads one room, or all, anew. */
  refresh: (event_id?: string) => Promise<void>
  all: () => Iterable<Room>
  joins: Collector<JoinRequest, Joined>
}

/** Some MB of ids at a time while a draw is loaded. */
const drawn_batches_at_a_time = 500
/** Joins are written together at most this often: nobody notices, and a crowd is few rows. */
const join_interval_ms = 25
/** As many joins as one row takes: 16 kB. */
const max_join_batch = 1024
const max_waiting_joins = 50_000
const max_parallel_joins = 4

const full = new Problem(unavailable, 'Very many people are joining at this moment. Try again in a second.',
  { headers: { 'retry-after': '1' } })

/** A look at the database that has not begun; at all rooms where no ids are named. */
interface NextLook { event_ids: Set<string> | null, done: Promise<void> }

/** The waiting rooms of this process. */
export function createWaitingRooms (ctx: Ctx): WaitingRooms {
  const rooms = new Map<string, Room>()
  const draws = new Map<string, Draw | 'loading'>()
  const written_at = new Map<string, number>()
  const books = new Map<string, JoinBook>()

  async function loadDraw (row: RoomRow): Promise<void> {
    draws.set(row.event_id, 'loading')
    try {
      const batches: Drawn[] = []
      for (let after = 0; ;) {
        const rows = await listDrawn(ctx.db, row.event_id, after, drawn_batches_at_a_time)
        batches.push(...rows)
        if (rows.length < drawn_batches_at_a_time) break
        after = rows.at(-1)!.number
      }
      draws.set(row.event_id, await draw(seedOf(row.draw_key, row.joins_digest), batches))
      const room = rooms.get(row.event_id)
      if (room) place(room.row, room.ahead_ms)
    } catch (error) {
      // The next look tries again; until then visitors read that the draw is under way.
      draws.delete(row.event_id)
      ctx.log.warn({ err: error, event_id: row.event_id }, 'the draw could not be loaded yet')
    }
  }

  function place (row: RoomRow, ahead_ms: number): void {
    const known = draws.get(row.event_id)
    if (row.drawn_at !== null && !known) void loadDraw(row)
    const room = toRoom(row, ahead_ms, known === 'loading' ? null : known ?? null,
      rooms.get(row.event_id)?.keys ?? queueKeys(ctx.settings.ORDER_SIGNATURE, row.event_id))
    rooms.set(row.event_id, room)
  }

  // One after the other, so that what was read last is what is known. Whoever asks meanwhile
  // shares the next, which begins after they asked: a crowd at a missing room is one question.
  let reading = Promise.resolve()
  let next: NextLook | null = null

  function refresh (event_id?: string): Promise<void> {
    if (next) {
      if (event_id === undefined) next.event_ids = null
      else next.event_ids?.add(event_id)
      return next.done
    }
    const mine: NextLook = {
      event_ids: event_id === undefined ? null : new Set([event_id]),
      done: reading.catch(() => undefined).then(() => {
        next = null
        return read(mine.event_ids)
      }),
    }
    next = mine
    return reading = mine.done
  }

  async function read (event_ids: ReadonlySet<string> | null): Promise<void> {
    const rows = await findRooms(ctx.db, event_ids && [...event_ids])
    const here_ms = Date.now()
    const found = new Set(rows.map(row => row.event_id))
    for (const known of event_ids ?? rooms.keys()) {
      if (!found.has(known)) rooms.delete(known)
    }
    for (const kept of [draws, written_at, books]) {
      for (const known of kept.keys()) {
        if (!rooms.has(known) && !found.has(known)) kept.delete(known)
      }
    }
    for (const row of rows) place(row, Date.parse(row.now) - here_ms)
  }

  function bookOf (event_id: string): JoinBook {
    const book = books.get(event_id) ?? createJoinBook()
    books.set(event_id, book)
    return book
  }

  return {
    get: event_id => rooms.get(event_id),
    all: () => rooms.values(),
    refresh,
    joins: createCollector<JoinRequest, Joined>({
      ctx, name: 'join',
      serve: async (event_id, requests) => {
        const next_ms = (written_at.get(event_id) ?? -Infinity) + join_interval_ms
        const early_ms = next_ms - performance.now()
        if (early_ms > 0) await sleep(early_ms)
        written_at.set(event_id, performance.now())
        return appendBatch(ctx, event_id, requests, bookOf(event_id))
      },
      full: () => full,
      isHopeless: error => error instanceof Problem || isDatabaseAway(error),
      max_batch: max_join_batch, max_parallel: max_parallel_joins,
      max_waiting_per_lane: max_waiting_joins, max_waiting: max_waiting_joins,
    }),
  }
}
