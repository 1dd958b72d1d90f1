import type { QueueState, QueueStatus } from '@fermata/contracts/queue'

/**
 * What a visitor is told of their place; every number's reason is in docs/concepts/waiting-room.md.
 */

const min_poll_ms = 2000
const max_poll_ms = 30_000
const drawing_poll_ms = 1000
const turn_poll_ms = 15_000
/**
 * A tenth of the wait: the news is at most that late, and far more people are far away than near.
 */
const polls_per_wait = 10
/** Everybody asks at the opening; they are spread over this time. */
const opening_spread_ms = 3000
/** Slower than this nothing can be said about the wait. */
const min_per_second = 0.01

export interface RoomView {
  state: QueueState
  opens_in_ms: number
  admitted_up_to: number
  /** Places up to this one had their turn and their time is over. */
  missed_up_to: number
  admitted_per_second: number
}

export interface Standing {
  status: QueueStatus
  place: number | null
  ahead: number | null
  expected_wait_seconds: number | null
  poll_after_ms: number
}

/**
 * @param place null before the draw
 * @param spread from 0 to 1, the same for a visitor each time: keeps a crowd from asking at once
 */
export function standingOf (room: RoomView, place: number | null, spread: number): Standing {
  const nowhere = { place, ahead: null, expected_wait_seconds: null }
  if (room.state === 'closed') return { status: 'closed', ...nowhere, poll_after_ms: max_poll_ms }
  if (room.state === 'before_opening') {
    return { status: 'before_opening', ...nowhere, poll_after_ms: pollBefore(room.opens_in_ms, spread) }
  }
  if (room.state === 'sold_out') return { status: 'sold_out', ...nowhere, poll_after_ms: max_poll_ms }
  if (place === null) return { status: 'drawing', ...nowhere, poll_after_ms: drawing_poll_ms }
  if (place <= room.missed_up_to) return { status: 'missed', ...nowhere, poll_after_ms: max_poll_ms }
  if (place <= room.admitted_up_to) {
    return { status: 'your_turn', place, ahead: 0, expected_wait_seconds: 0, poll_after_ms: turn_poll_ms }
  }
  const ahead = place - room.admitted_up_to - 1
  const expected_wait_seconds = waitFor(ahead + 1, room.admitted_per_second)
  return { status: 'in_line', place, ahead, expected_wait_seconds,
    poll_after_ms: pollFor(expected_wait_seconds, spread) }
}

/**
 * Seconds until `people` more had their turn, at the speed of the last seconds; null when it
 * stands.
 */
export const waitFor = (people: number, per_second: number) =>
  per_second < min_per_second ? null : Math.ceil(people / per_second)

/** Before the opening: rarely, then just after it. */
export function pollBefore (opens_in_ms: number, spread: number): number {
  const calm = within(opens_in_ms / polls_per_wait)
  return Math.round(opens_in_ms <= calm * 2 ? opens_in_ms + spread * opening_spread_ms : calm)
}

const pollFor = (wait_seconds: number | null, spread: number) =>
  Math.round(within((wait_seconds ?? max_poll_ms) * 1000 / polls_per_wait) * (0.9 + spread * 0.2))

const within = (ms: number) => Math.min(max_poll_ms, Math.max(min_poll_ms, ms))
