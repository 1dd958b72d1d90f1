/**
 * The share of its time that a process may be at work while no mail is made; above it buyers are
 * waiting, and making one mail costs more than several of their orders.
 */
const max_busy_share = 0.7
/**
 * Whether a rush has begun is seen between the rounds, so the first are short; they grow while
 * there are mails and no rush.
 */
const first_round_ms = 200
/** A stop waits for the round, so a round ends well within the ten seconds that a stop has. */
const longest_round_ms = 2000

/** Rounds of mails, and how busy the process was between them. */
export interface MailRounds {
  /** The last mail had waited for longer than people do without asking where it is. */
  is_late: boolean
  /** When no mail was being made any more: how busy the process was since then, others made it. */
  since: ReturnType<typeof performance.eventLoopUtilization>
  length_ms: number
}

export const createMailRounds = (): MailRounds =>
  ({ is_late: false, since: performance.eventLoopUtilization(), length_ms: first_round_ms })

export function beginRound (rounds: MailRounds): { is_rush: boolean, ends_at: number } {
  const is_busy = performance.eventLoopUtilization(rounds.since).utilization > max_busy_share
  const is_rush = is_busy && !rounds.is_late
  if (is_rush) rounds.length_ms = first_round_ms
  return { is_rush, ends_at: performance.now() + rounds.length_ms }
}

export function endRound (rounds: MailRounds, { more }: { more: boolean }): void {
  rounds.length_ms = more ? Math.min(rounds.length_ms * 2, longest_round_ms) : first_round_ms
  // Measured between the rounds, so that mails never slow themselves down.
  rounds.since = performance.eventLoopUtilization()
}
