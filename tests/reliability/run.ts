import { runProofs } from '../proofs/run-proofs.ts'

/**
 * `npm run test:reliability`: every test of a property at its full size, some of them for hours;
 * `-- r3 r16` only those of these properties, other words are vitest's.
 */

const isId = (word: string) => /^r\d+$/i.test(word)
const words = process.argv.slice(2)
const ids = words.filter(isId).map(word => word.toUpperCase())

process.exitCode = await runProofs({
  letter: 'R',
  config: 'tests/reliability/vitest.config.ts',
  results: 'tests/reliability/results.json',
  generator: 'tools/generate-reliability.ts',
  parameters: [
    ...words.filter(word => !isId(word)),
    ...ids.length > 0 ? ['--testNamePattern', `\\b(${ids.join('|')})(, R\\d+)*: `] : [],
  ],
})
