import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ProblemDefinition } from '@fermata/contracts/define'
import { keepGenerated } from './generated.ts'
import { root } from './sources.ts'

/** Writes docs/problems.md from the contracts, or with `--check` compares the page with them. */

const contracts = join(root, 'packages/contracts/src')
const isProblem = (value: unknown): value is ProblemDefinition =>
  typeof value === 'object' && value !== null && 'type' in value && 'status' in value &&
  typeof value.type === 'string' && value.type.startsWith('/problems/')

/** Each problem once, in the order of their types; two that share a type could not be told apart. */
export function distinct (problems: readonly ProblemDefinition[]): ProblemDefinition[] {
  const byType = new Map<string, ProblemDefinition>()
  for (const problem of problems) {
    const other = byType.get(problem.type)
    if (other && other !== problem) throw new Error(`${problem.type} is declared twice`)
    byType.set(problem.type, problem)
  }
  return [...byType.values()].sort((a, b) => (a.type < b.type ? -1 : 1))
}

/** Every problem that a module of contracts exports. */
export async function readProblems (): Promise<ProblemDefinition[]> {
  const files = readdirSync(contracts).filter(name => /^(?!.*\.test\.).*\.ts$/.test(name))
  const modules = await Promise.all(files.map(async file =>
    Object.values(await import(pathToFileURL(join(contracts, file)).href) as object)))
  return distinct(modules.flat().filter(isProblem))
}

const anchorOf = (type: string) => type.replace('/problems/', '')

function describe ({ type, status, title, extensions }: ProblemDefinition): string {
  const members = Object.keys(extensions?.properties ?? {}).map(name => `\`${name}\``)
  return `| <a id="${anchorOf(type)}"></a>\`${type}\` | ${status} | ${title} | ${members.join(', ')} |`
}

/** The page's text. */
export function problemsPage (problems: readonly ProblemDefinition[]): string {
  const areas = Map.groupBy(problems, problem => anchorOf(problem.type).split('/')[0] ?? '')
  const sections = [...areas].map(([area, members]) => [
    `## ${area}`, '',
    '| type | status | title | further members |', '|---|---|---|---|',
    ...members.map(describe), ''
  ].join('\n'))
  return [
    '# Problems', '',
    'Every expected failure that Fermata answers, as `application/problem+json` (RFC 9457): programs recognise',
    'one by its `type`, which never changes once released; `detail` is a sentence for people and may change.', '',
    'Written by `node tools/generate-problems.ts` from `packages/contracts`; do not edit.', '',
    ...sections
  ].join('\n').trimEnd() + '\n'
}

if (import.meta.main) {
  keepGenerated('docs/problems.md', problemsPage(await readProblems()), 'node tools/generate-problems.ts')
}
