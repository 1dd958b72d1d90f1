/**
 * How often watchers of an event ask what is left; docs/concepts/live-availability.md gives the
 * reason of every number.
 */

/** A few times a second would show no more: a person reads and clicks slower than this. */
export const shortest_poll_ms = 2000
/** Later than this a page that says "available" would not be worth having. */
const longest_poll_ms = 30_000
/** As many answers a second as may be spent on people who only look. */
const polls_per_second = 1000
/** Few steps, so that the answer rarely changes for the sake of its pace alone. */
const steps_ms = [shortest_poll_ms, 3000, 5000, 8000, 12_000, 20_000, longest_poll_ms]

/**
 * The pace for as many watchers as asked within one pace.
 * @param counted polls within `elapsed_ms`, which is no shorter than the pace that was told
 */
export function nextPace (pace_ms: number, counted: number, elapsed_ms: number): number {
  const watchers = counted * pace_ms / elapsed_ms
  const wanted_ms = watchers / polls_per_second * 1000
  return steps_ms.find(step => step >= wanted_ms) ?? longest_poll_ms
}
