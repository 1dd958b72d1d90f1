import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { idsIn, type Figure, type ProofId } from './proof.ts'
import { replaceResults, type Result } from './results.ts'

/** The part of vitest's json report that is read. */
interface Report {
  testResults: {
    name: string
    assertionResults: { title: string, status: string }[]
  }[]
}

export interface Proofs {
  /** What begins the ids that are counted. */
  letter: 'R' | 'S'
  /** From the repository's root: vitest's settings, the results, and what makes a page of them. */
  config: string
  results: string
  generator: string
  /** For vitest: names of files, or options. */
  parameters: readonly string[]
}

const root = new URL('../..', import.meta.url).pathname

async function run (file: string, parameters: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  spawn(process.execPath, [file, ...parameters], { cwd: root, env, stdio: 'inherit' })
    .on('error', reject).on('close', resolve)
  return await promise ?? 1
}

/** A test that names nothing, or was left out, counts for nothing. */
function resultsOf (report: Report, figures: Figure[], letter: string): Result[] {
  const ran_on = new Date().toISOString().slice(0, 10)
  const tests = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'passed' || status === 'failed')
      .flatMap(({ title, status }) => idsIn(title).filter(id => id.startsWith(letter))
        .map(id => ({ id, file: name.slice(root.length), status }))))
  const byId: Map<ProofId, typeof tests> = Map.groupBy(tests, test => test.id)
  return [...byId].map(([id, ofOne]) => ({
    id, ran_on,
    files: [...new Set(ofOne.map(test => test.file))].sort(),
    passed: ofOne.filter(({ status }) => status === 'passed').length,
    failed: ofOne.filter(({ status }) => status === 'failed').length,
    figures: figures.filter(figure => figure.id === id).map(({ text }) => text),
  }))
}

/**
 * Runs proofs at their full size; what was seen replaces the entries of what ran in the file of
 * results, and the page is written anew.
 * @returns the exit code of the tests
 */
export async function runProofs (proofs: Proofs): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-proofs-'))
  const figures_file = join(folder, 'figures')
  const report_file = join(folder, 'report.json')
  writeFileSync(figures_file, '')
  const code = await run(join(root, 'node_modules/vitest/vitest.mjs'), [
    'run', '--config', proofs.config, '--reporter=default', '--reporter=json',
    `--outputFile.json=${report_file}`, ...proofs.parameters,
  ], { ...process.env, PROOFS: 'all', PROOF_FIGURES: figures_file })
  const figures = readFileSync(figures_file, 'utf8').split('\n').filter(Boolean)
    .map(line => JSON.parse(line) as Figure)
  const report = JSON.parse(readFileSync(report_file, 'utf8')) as Report
  replaceResults(join(root, proofs.results), resultsOf(report, figures, proofs.letter))
  rmSync(folder, { recursive: true })
  await run(join(root, proofs.generator), [], process.env)
  return code
}
