import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { threatsIn, type Figure } from './proof.ts'
import { readResults, results_file, type Result } from './results.ts'

/**
 * `npm run test:security`: every test of a threat at its full size; `-- s21 s34` only files of that
 * name. What was seen replaces those threats' entries of results.json, from which
 * `node tools/generate-security.ts` writes docs/security.md.
 */

/** The part of vitest's json report that is read. */
interface Report {
  testResults: {
    name: string
    assertionResults: { title: string, status: string }[]
  }[]
}

const root = new URL('../..', import.meta.url).pathname

async function run (file: string, parameters: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  spawn(process.execPath, [file, ...parameters], { cwd: root, env, stdio: 'inherit' })
    .on('error', reject).on('close', resolve)
  return await promise ?? 1
}

/** What each threat's tests came to. A test that names no threat counts for none. */
function resultsOf (report: Report, figures: Figure[], ran_on: string): Result[] {
  const tests = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.flatMap(({ title, status }) => threatsIn(title).map(threat =>
      ({ threat, file: name.slice(root.length), status }))))
  const byThreat = Map.groupBy(tests, test => test.threat)
  return [...byThreat].map(([threat, ofThreat]) => ({
    threat, ran_on,
    files: [...new Set(ofThreat.map(test => test.file))].sort(),
    passed: ofThreat.filter(({ status }) => status === 'passed').length,
    failed: ofThreat.filter(({ status }) => status === 'failed').length,
    figures: figures.filter(figure => figure.threat === threat).map(({ text }) => text),
  }))
}

const folder = mkdtempSync(join(tmpdir(), 'fermata-security-'))
const figures_file = join(folder, 'figures')
const report_file = join(folder, 'report.json')
writeFileSync(figures_file, '')
process.exitCode = await run(join(root, 'node_modules/vitest/vitest.mjs'), [
  'run', '--config', 'tests/security/vitest.config.ts', '--reporter=default', '--reporter=json',
  `--outputFile.json=${report_file}`, ...process.argv.slice(2),
], { ...process.env, SECURITY_TESTS: 'all', SECURITY_FIGURES: figures_file })
const figures = readFileSync(figures_file, 'utf8').split('\n').filter(Boolean)
  .map(line => JSON.parse(line) as Figure)
const report = JSON.parse(readFileSync(report_file, 'utf8')) as Report
const results = resultsOf(report, figures, new Date().toISOString().slice(0, 10))
const seen = new Set(results.map(({ threat }) => threat))
const kept = readResults().filter(({ threat }) => !seen.has(threat))
const number = ({ threat }: Result) => Number(threat.slice(1))
const all = [...kept, ...results].sort((a, b) => number(a) - number(b))
writeFileSync(results_file, `${JSON.stringify(all, null, 2)}\n`)
rmSync(folder, { recursive: true })
await run(join(root, 'tools/generate-security.ts'), [], process.env)
