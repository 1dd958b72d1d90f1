import { runProofs } from '../proofs/run-proofs.ts'

/**
 * `npm run test:security`: every test of a threat at its full size; `-- s21 s34` only files of that
 * name.
 */
process.exitCode = await runProofs({
  letter: 'S',
  config: 'tests/security/vitest.config.ts',
  results: 'tests/security/results.json',
  generator: 'tools/generate-security.ts',
  parameters: process.argv.slice(2),
})
