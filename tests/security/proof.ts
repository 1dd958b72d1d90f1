import { appendFileSync } from 'node:fs'

/**
 * What the tests of threats share: the size at which they run, and the figures they report.
 * `npm test` runs a slice of each; `npm run test:security` runs them whole and writes
 * docs/security.md from what they saw.
 */

/** Whether this run is the whole one. */
export const is_whole = process.env.SECURITY_TESTS === 'all'

/** A number of attempts: the first in `npm test`, the second in `npm run test:security`. */
export const atScale = (slice: number, whole: number) => is_whole ? whole : slice

/** A threat's name in docs/security.md. */
export type ThreatId = `S${number}`

/** The threats that a test is about, as its title begins: `S7: …` or `S1, S2, S37: …`. */
export const threatsIn = (title: string): ThreatId[] =>
  (/^S\d+(?:, S\d+)*(?=:)/.exec(title)?.[0].split(', ') ?? []) as ThreatId[]

export interface Figure { threat: ThreatId, text: string }

/** Puts a sentence with measured numbers into the report; without effect in `npm test`. */
export function figure (threat: ThreatId, text: string): void {
  const file = process.env.SECURITY_FIGURES
  if (file) appendFileSync(file, `${JSON.stringify({ threat, text } satisfies Figure)}\n`)
}
