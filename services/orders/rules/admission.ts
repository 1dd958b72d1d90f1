/**
 * How fast the waiting room lets people in; docs/concepts/waiting-room.md gives the reason of every
 * number.
 */

/** Without a measurement this many a second may begin: two cores write about 200 pages a second. */
const start_per_second = 50
/** The speed may double what was measured, so that it finds its limit and never leaps over it. */
const growth = 2
/** People admitted for each ticket that is left: about half of those who come to choose buy. */
const people_per_ticket = 2
/** Measurements fade with this time constant: calm enough to show as an expected wait. */
const smoothing_seconds = 10
/** A pause (a restart, a database away) is not made up for by a crowd. */
const max_step_seconds = 2

export interface Measured {
  /** Places given out that had no turn yet. */
  waiting: number
  /** Admitted, within their time, and without an order so far. */
  choosing: number
  /** Orders that wait for their payment. */
  paying: number
  /** Tickets neither held nor sold. */
  available: number
  /** Since the last step; null at the first. */
  seconds: number | null
}

export interface Speed {
  /** After the last step, those it admitted included. */
  in_checkout: number
  left_per_second: number
  admitted_per_second: number
}

/**
 * One step of the admission. It fills the checkout up to `max_in_checkout`; once that is full,
 * people come in as fast as others are seen to leave it (paid, expired, or their time is over).
 */
export function admit (
  { waiting, choosing, paying, available, seconds }: Measured,
  before: Speed, max_in_checkout: number
): Speed & { admitted: number, unused_seconds: number } {
  const inside = choosing + paying
  const passed = seconds ?? 1
  const left = seconds === null ? 0 : Math.max(0, before.in_checkout - inside)
  const left_per_second = smooth(before.left_per_second, left, passed)
  const fastest = Math.max(start_per_second, growth * left_per_second)
  const allowed = fastest * Math.min(passed, max_step_seconds)
  const room = Math.min(
    waiting, max_in_checkout - inside, people_per_ticket * available - choosing)
  const admitted = Math.max(0, Math.floor(Math.min(allowed, room)))
  return {
    admitted, left_per_second,
    // The time of a part of a person belongs to the next step; else each would lose half a person.
    unused_seconds: allowed < room ? (allowed - admitted) / fastest : 0,
    in_checkout: inside + admitted,
    admitted_per_second: smooth(before.admitted_per_second, admitted, passed),
  }
}

/** A moving average of something counted during `seconds`, whatever their length. */
function smooth (before: number, count: number, seconds: number): number {
  const weight = 1 - Math.exp(-seconds / smoothing_seconds)
  return before + weight * (count / seconds - before)
}
