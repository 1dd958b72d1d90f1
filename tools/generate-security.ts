import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { idsInSource, type ThreatId } from '../tests/proofs/proof.ts'
import { readResults, type Result } from '../tests/proofs/results.ts'
import { threats } from '../tests/security/threats.ts'
import { keepGenerated } from './generated.ts'
import { root } from './sources.ts'

/** Writes docs/security.md from what `npm run test:security` saw, or with `--check` compares. */

/** What may try a threat: S33 is tried by people, from end to end. */
const candidates = [
  ...readdirSync(join(root, 'tests/security')).filter(name => name.endsWith('.test.ts'))
    .map(name => `tests/security/${name}`),
  'tests/end-to-end/pressed-links.test.ts'
]

/** A test says in its title which threats it tries. */
const titles = new Map(candidates.map(file =>
  [file, idsInSource(readFileSync(join(root, file), 'utf8'))]))

const filesOf = (threat: ThreatId) => candidates.filter(file => titles.get(file)!.includes(threat))

const rowOf = (threat: ThreatId, result: Result | undefined) => {
  const { threat: what, control } = threats[threat]!
  const files = filesOf(threat)
  const links = files.map(file => `[${file.split('/').at(-1)!}](../${file})`).join(', ')
  const seen = result
    ? `${result.passed} passed, ${result.failed === 0 ? '0' : `**${result.failed}**`} failed`
    : files.length > 0 ? 'in `npm test`; not run at full numbers' : '**no test of its own yet**'
  return `| ${threat} | ${what} | ${control} | ${links} | ${seen} |`
}

const figuresOf = ({ id, ran_on, figures }: Result) =>
  figures.length === 0 ? [] : ['', `**${id}**, ${ran_on}`, '', ...figures.map(text => `- ${text}`)]

/** The page's text. */
export function securityPage (results: readonly Result[]): string {
  const byThreat = new Map(results.map(result => [result.id, result]))
  return [
    '# Security, tried', '',
    'Each threat, what is to stand against it, and the tests that try to get past it. `npm test` runs a slice of each;',
    '`npm run test:security` runs them at their full numbers and writes down what it saw, from which',
    '`node tools/generate-security.ts` makes this page. A test here shows that these attempts failed, not that none can',
    'succeed: [SECURITY.md](../SECURITY.md) says what we count as a weakness and how to report one.', '',
    '| | threat | what is to stand against it | tests | seen |', '|---|---|---|---|---|',
    ...(Object.keys(threats) as ThreatId[]).map(threat => rowOf(threat, byThreat.get(threat))), '',
    '## Figures',
    ...results.flatMap(figuresOf)
  ].join('\n').trimEnd() + '\n'
}

if (import.meta.main) {
  keepGenerated('docs/security.md', securityPage(
    readResults(join(root, 'tests/security/results.json'))), 'node tools/generate-security.ts')
}
