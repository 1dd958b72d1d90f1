import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ThreatId } from '../tests/security/proof.ts'
import { readResults, type Result } from '../tests/security/results.ts'
import { threats } from '../tests/security/threats.ts'
import { keepGenerated } from './generated.ts'
import { root } from './sources.ts'

/** Writes docs/security.md from what `npm run test:security` saw, or with `--check` compares. */

const folder = join(root, 'tests/security')

/** `S7` is tried by `tests/security/s07-….test.ts`; S33 by people, from end to end. */
const filesOf = (threat: ThreatId) => threat === 'S33'
  ? ['tests/end-to-end/pressed-links.test.ts']
  : readdirSync(folder).filter(name => name.startsWith(`s${threat.slice(1).padStart(2, '0')}-`))
    .map(name => `tests/security/${name}`)

const rowOf = (threat: ThreatId, result: Result | undefined) => {
  const { threat: what, control } = threats[threat]!
  const files = filesOf(threat)
  const links = files.map(file => `[${file.split('/').at(-1)!}](../${file})`).join(', ')
  const seen = result
    ? `${result.passed} passed, ${result.failed === 0 ? '0' : `**${result.failed}**`} failed`
    : files.length > 0 ? 'in `npm test`; not run at full numbers' : '**no test of its own yet**'
  return `| ${threat} | ${what} | ${control} | ${links} | ${seen} |`
}

const figuresOf = ({ threat, ran_on, figures }: Result) =>
  figures.length === 0 ? [] : ['', `**${threat}**, ${ran_on}`, '', ...figures.map(text => `- ${text}`)]

/** The page's text. */
export function securityPage (results: readonly Result[]): string {
  const byThreat = new Map(results.map(result => [result.threat, result]))
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
  keepGenerated('docs/security.md', securityPage(readResults()), 'node tools/generate-security.ts')
}
