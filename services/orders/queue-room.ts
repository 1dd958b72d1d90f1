import type { Queue, QueuePosition, QueueState } from '@fermata/contracts/queue'
import type { RoomRow } from './queries/queue.ts'
import { hashOfKey, placeInDraw, type Draw } from './queue-draw.ts'
import { signPass, type Place, type QueueKeys } from './queue-tokens.ts'
import { pollBefore, standingOf, waitFor, type RoomView } from './rules/queue-position.ts'

/**
 * A waiting room as this process sees it: about a second old, and enough to answer without the
 * database.
 */
export interface Room {
  row: RoomRow
  keys: QueueKeys
  /** Of the row, read once and not for everybody who asks. */
  opens_ms: number
  ends_ms: number
  /** How far the database's clock is ahead of this machine's. */
  ahead_ms: number
  draw: Draw | null
  /** When places had their turn: up to which, and when by the database's clock. Ascending. */
  admissions: { up_to: number, at_ms: number }[]
  /**
   * What everybody who asks about the room in this second is told; only its times are filled in.
   */
  answer: Omit<Queue, 'state' | 'opens_in_ms' | 'poll_after_ms'>
}

export function toRoom (
  row: RoomRow, ahead_ms: number, draw: Draw | null, keys: QueueKeys
): Room {
  const drawn = row.drawn_at !== null
  return {
    row, keys, draw, ahead_ms,
    opens_ms: Date.parse(row.opens_at), ends_ms: Date.parse(row.ends_at),
    admissions: row.admissions.map(({ up_to, at }) => ({ up_to, at_ms: Date.parse(at) })),
    answer: {
      event_id: row.event_id, opens_at: row.opens_at,
      joined: row.joined, admitted_up_to: row.admitted_up_to,
      expected_wait_seconds: drawn
        ? waitFor(row.joined - row.admitted_up_to + 1, row.admitted_per_second) : null,
      draw: {
        key_hash: hashOfKey(row.draw_key),
        key: drawn ? row.draw_key.toString('hex') : null,
        joins_digest: drawn ? row.joins_digest.toString('hex') : null,
        order_digest: draw?.order_digest ?? null,
        drawn_at: row.drawn_at, drawn_count: row.drawn_count,
      },
    },
  }
}

/** By the database's clock. */
export const nowIn = (room: Room) => Date.now() + room.ahead_ms

const opensIn = (room: Room) => Math.max(0, room.opens_ms - nowIn(room))

export function stateOf (room: Room): QueueState {
  const { row } = room
  if (row.status !== 'published' || room.ends_ms <= nowIn(room)) return 'closed'
  if (row.drawn_at === null) return opensIn(room) > 0 ? 'before_opening' : 'drawing'
  if (!room.draw) return 'drawing'
  return row.capacity > 0 && row.available === 0 && row.held === 0 ? 'sold_out' : 'open'
}

/** A newcomer hears of an open room as often as somebody at its end. */
const open_poll_ms = 5000

export function describeRoom (room: Room): Queue {
  const state = stateOf(room)
  const opens_in_ms = Math.round(opensIn(room))
  return { ...room.answer, state, opens_in_ms,
    poll_after_ms: state === 'before_opening' ? Math.round(pollBefore(opens_in_ms, 0.5)) : open_poll_ms }
}

/** The place in the line: signed into the token, or drawn; null until the draw is known. */
export function placeOf (room: Room, { place, id }: Place): number | null {
  if (place > 0) return place
  return room.draw && placeInDraw(room.draw, id)
}

/**
 * When the place had its turn; null when it had none, or so long ago that the time to buy is over.
 */
export function admittedAt ({ admissions }: Room, place: number): number | null {
  return admissions.find(({ up_to }) => up_to >= place)?.at_ms ?? null
}

/** What the holder of a token is told. */
export function positionIn (room: Room, token: Place): QueuePosition {
  const { row } = room
  const now_ms = nowIn(room)
  const view: RoomView = {
    state: stateOf(room), opens_in_ms: opensIn(room), missed_up_to: missedUpTo(room, now_ms),
    admitted_up_to: row.admitted_up_to, admitted_per_second: row.admitted_per_second,
  }
  const standing = standingOf(view, placeOf(room, token), token.id[0]! / 256)
  const turn = standing.status === 'your_turn' ? turnOf(room, token, standing.place!) : null
  return {
    event_id: row.event_id, joined: row.joined,
    opens_at: row.opens_at, opens_in_ms: Math.round(view.opens_in_ms),
    ...standing, pass: turn?.pass ?? null,
    pass_expires_at: turn && new Date(turn.expires_ms).toISOString(),
    pass_left_ms: turn && Math.max(0, Math.round(turn.expires_ms - now_ms)),
  }
}

/** What was read a moment ago may have ended since. */
function missedUpTo ({ row, admissions }: Room, now_ms: number): number {
  const ended = admissions.findLast(({ at_ms }) => at_ms + row.pass_seconds * 1000 <= now_ms)
  return Math.max(row.missed_up_to, ended?.up_to ?? 0)
}

/** The pass of a place that has its turn: the same each time it is asked for. */
function turnOf (room: Room, { binding }: Place, place: number) {
  const at_ms = admittedAt(room, place)
  if (at_ms === null) return null
  const expires_ms = at_ms + room.row.pass_seconds * 1000
  return { pass: signPass(room.keys, { place, expires_ms, binding }), expires_ms }
}
