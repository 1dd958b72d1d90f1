import { join } from 'node:path'
import type { PropertyId } from '../tests/proofs/proof.ts'
import { readResults, type Result } from '../tests/proofs/results.ts'
import { properties } from '../tests/reliability/properties.ts'
import { propertyTests } from '../tests/reliability/property-tests.ts'
import { keepGenerated } from './generated.ts'
import { root } from './sources.ts'

/** Writes docs/reliability.md from what `npm run test:reliability` saw, or with `--check` compares. */

const seenOf = (result: Result | undefined, files: readonly string[]) => {
  if (result) {
    const { passed, failed } = result
    return `${passed} passed, ${failed === 0 ? '0' : `**${failed}**`} failed`
  }
  return files.length > 0 ? 'not run at full numbers' : '**no test of its own yet**'
}

function rowOf (id: PropertyId, result: Result | undefined): string {
  const { fault, promise } = properties[id]!
  const files = [...propertyTests()].filter(([, ids]) => ids.includes(id)).map(([file]) => file)
  const links = files.map(file => `[${file.split('/').at(-1)!}](../${file})`).join(', ')
  return `| ${id} | ${fault} | ${promise} | ${links} | ${seenOf(result, files)} |`
}

const figuresOf = ({ id, ran_on, figures }: Result) =>
  figures.length === 0 ? [] : ['', `**${id}**, ${ran_on}`, '', ...figures.map(text => `- ${text}`)]

/** The page's text. */
function reliabilityPage (results: readonly Result[]): string {
  const byId = new Map(results.map(result => [result.id, result]))
  return [
    '# Reliability, tried', '',
    'Each fault that is brought about on purpose, what has to hold through it, and the tests that try. `.ci/run` has a',
    'slice of each, with the controls that must fail; `npm run test:reliability` runs them at their full numbers and',
    'writes down what it saw, from which `node tools/generate-reliability.ts` makes this page. Machines with two cores',
    'and one disk saw these figures: they show that the promise held so often, not that it always will.', '',
    '| | fault | what has to hold | tests | seen |', '|---|---|---|---|---|',
    ...(Object.keys(properties) as PropertyId[]).map(id => rowOf(id, byId.get(id))), '',
    '## Figures',
    ...results.flatMap(figuresOf),
  ].join('\n').trimEnd() + '\n'
}

keepGenerated('docs/reliability.md',
  reliabilityPage(readResults(join(root, 'tests/reliability/results.json'))),
  'node tools/generate-reliability.ts')
