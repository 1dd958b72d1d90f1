import { existsSync, readFileSync } from 'node:fs'
import type { ThreatId } from './proof.ts'

/** What `npm run test:security` saw of one threat. */
export interface Result {
  threat: ThreatId
  /** The day of the run, e.g. `2026-11-29`. */
  ran_on: string
  /** From the repository's root. */
  files: string[]
  passed: number
  failed: number
  figures: string[]
}

export const results_file = new URL('results.json', import.meta.url).pathname

/** The results of the last runs, one for each threat that has any. */
export const readResults = (): Result[] =>
  existsSync(results_file) ? JSON.parse(readFileSync(results_file, 'utf8')) as Result[] : []
