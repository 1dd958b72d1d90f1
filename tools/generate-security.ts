import type { ThreatId } from '../tests/security/proof.ts'
import { readResults, type Result } from '../tests/security/results.ts'
import { threats } from '../tests/security/threats.ts'
import { keepGenerated } from './generated.ts'

/** Writes docs/security.md from what `npm run test:security` saw, or with `--check` compares. */

const rowOf = (threat: ThreatId, result: Result | undefined) => {
  const { threat: what, control } = threats[threat]!
  const files = result?.files.map(file => `[${file.split('/').at(-1)!}](../${file})`).join(', ')
  const seen = result
    ? `${result.passed} passed, ${result.failed === 0 ? '0' : `**${result.failed}**`} failed`
    : '**not run**'
  return `| ${threat} | ${what} | ${control} | ${files ?? ''} | ${seen} |`
}

const figuresOf = ({ threat, ran_on, figures }: Result) =>
  figures.length === 0 ? [] : ['', `**${threat}**, ${ran_on}`, '', ...figures.map(text => `- ${text}`)]

/** The page's text. */
export function securityPage (results: readonly Result[]): string {
  const byThreat = new Map(results.map(result => [result.threat, result]))
  return [
    '# Security, tried', '',
    'Each threat, what stands against it, and the tests that try to get past it. `npm test` runs a slice of each;',
    '`npm run test:security` runs them at their full numbers and writes down what it saw, from which',
    '`node tools/generate-security.ts` makes this page. A test here shows that these attempts failed, not that none can',
    'succeed: [SECURITY.md](../SECURITY.md) says what we count as a weakness and how to report one.', '',
    '| | threat | what stands against it | tests | seen |', '|---|---|---|---|---|',
    ...(Object.keys(threats) as ThreatId[]).map(threat => rowOf(threat, byThreat.get(threat))), '',
    '## Figures',
    ...results.flatMap(figuresOf)
  ].join('\n').trimEnd() + '\n'
}

if (import.meta.main) {
  keepGenerated('docs/security.md', securityPage(readResults()), 'node tools/generate-security.ts')
}
