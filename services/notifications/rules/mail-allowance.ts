/**
 * Mails that somebody causes at no cost, by ordering what is free with any address they like. What
 * was paid for is never counted.
 */

/** So many at once, and from then on one each time. */
export interface Pace { burst: number, every_ms: number }

const minute_ms = 60_000

/** A letter box: what comes above it is told together in the mail that comes next. */
export const recipient_pace: Pace = { burst: 5, every_ms: 360 * minute_ms }
/** A whole school may share an address; above it mails wait. */
export const network_pace: Pace = { burst: 400, every_ms: minute_ms / 10 }
/** One account or browser. */
export const person_pace: Pace = { burst: 30, every_ms: 2 * minute_ms }
/** Orders that one mail names; those above are on their pages only. */
export const max_orders_in_mail = 50

/**
 * The generic cell rate algorithm (ITU-T I.371): one moment is all that has to be kept of the past.
 * @param spent_until what was kept, in ms; the moment at which nothing counts any more
 * @returns how long the mail has to wait, and what is kept when it is sent then
 */
export function spend (
  spent_until: number, now: number, { burst, every_ms }: Pace,
): { wait_ms: number, spent_until: number } {
  const next = Math.max(spent_until, now) + every_ms
  return { wait_ms: Math.max(0, next - now - burst * every_ms), spent_until: next }
}
