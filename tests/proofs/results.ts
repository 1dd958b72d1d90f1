import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { ProofId } from './proof.ts'

/** What a whole run saw of one threat or property. */
export interface Result {
  id: ProofId
  /** The day of the run, e.g. `2026-11-29`. */
  ran_on: string
  /** From the repository's root. */
  files: string[]
  passed: number
  failed: number
  figures: string[]
}

/** The results of the last runs, one for each threat or property that has any. */
export const readResults = (file: string): Result[] =>
  existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) as Result[] : []

const numberOf = ({ id }: Result) => Number(id.slice(1))

/** Puts what a run saw in the place of what earlier ones saw of the same. */
export function replaceResults (file: string, results: readonly Result[]): void {
  const seen = new Set(results.map(({ id }) => id))
  const kept = readResults(file).filter(({ id }) => !seen.has(id))
  const all = [...kept, ...results].sort((a, b) => numberOf(a) - numberOf(b))
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`)
}
