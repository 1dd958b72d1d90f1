import { appendFileSync } from 'node:fs'

/**
 * What the tests of threats and of reliability share: the size at which they run, and the figures
 * they report. `npm test` runs a slice of each; `npm run test:security` and `npm run
 * test:reliability` run them whole and write docs/security.md and docs/reliability.md from what
 * they saw.
 */

/** Whether this run is the whole one. */
export const is_whole = process.env.PROOFS === 'all'

/** A number of attempts: the first in `npm test`, the second in the whole run. */
export const atScale = (slice: number, whole: number) => is_whole ? whole : slice

/** A threat in docs/security.md. */
export type ThreatId = `S${number}`
/** A property in docs/reliability.md. */
export type PropertyId = `R${number}`
export type ProofId = ThreatId | PropertyId

/** What a test is about, as its title begins: `S7: …`, `R3, R16: …`. */
export const idsIn = (title: string): ProofId[] =>
  (/^[RS]\d+(?:, [RS]\d+)*(?=:)/.exec(title)?.[0].split(', ') ?? []) as ProofId[]

/** What all tests in a source are about, by their titles. */
export const idsInSource = (source: string): ProofId[] =>
  [...source.matchAll(/['"`]([RS]\d+(?:, [RS]\d+)*: )/g)].flatMap(([, title]) => idsIn(title!))

export interface Figure { id: ProofId, text: string }

/** Puts a sentence with measured numbers into the report; without effect in `npm test`. */
export function figure (id: ProofId, text: string): void {
  const file = process.env.PROOF_FIGURES
  if (file) appendFileSync(file, `${JSON.stringify({ id, text } satisfies Figure)}\n`)
}
