import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

/** `node tools/test-summary.ts <vitest json>…`: one line for each suite, and a last line that adds them up. */

/** The part of vitest's json report that is counted. */
export interface SuiteReport {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  success: boolean
  testResults: { status: string, assertionResults: unknown[] }[]
}

export interface Count { passed: number, failed: number, not_run: number }

/** A file that could not even be loaded holds no test that failed, so it counts as one. */
export function countTests (report: SuiteReport): Count {
  const unloaded = report.testResults.filter(({ status, assertionResults }) =>
    status === 'failed' && assertionResults.length === 0).length
  const failed = report.numFailedTests + unloaded
  return {
    passed: report.numPassedTests,
    // vitest may fail a run in which each test passed: an error outside of them, for example.
    failed: failed === 0 && !report.success ? 1 : failed,
    not_run: report.numPendingTests + report.numTodoTests
  }
}

export const describeCount = ({ passed, failed, not_run }: Count) =>
  `${passed} passed, ${failed} failed${not_run === 0 ? '' : `, ${not_run} not run`}`

export function addUp (counts: readonly Count[]): Count {
  return counts.reduce((sum, { passed, failed, not_run }) =>
    ({ passed: sum.passed + passed, failed: sum.failed + failed, not_run: sum.not_run + not_run }),
  { passed: 0, failed: 0, not_run: 0 })
}

/** A report that is not there or not whole is a suite that failed: no news is bad news. */
function readReport (path: string): Count {
  try {
    return countTests(JSON.parse(readFileSync(path, 'utf8')) as SuiteReport)
  } catch {
    return { passed: 0, failed: 1, not_run: 0 }
  }
}

if (import.meta.main) {
  const counts = process.argv.slice(2).map(path => [basename(path, '.json'), readReport(path)] as const)
  if (counts.length > 1) for (const [suite, count] of counts) console.log(`${suite}: ${describeCount(count)}`)
  const sum = addUp(counts.map(([, count]) => count))
  console.log(describeCount(sum))
  process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0
}
