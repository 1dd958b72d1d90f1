import { spawnSync } from 'node:child_process'

/** `npm run test:split`: the slice that .ci/run has time for; with `-- --all` everything. */

const words = process.argv.slice(2)
const whole = words.includes('--all')
const environment = { ...process.env, ...whole && { SPLIT_TESTS: 'all' } }

/** One suite after the other, so that a failure does not keep the next from telling. */
const suites = [
  // The first shape is one process; .ci/run has it in `npm test`.
  ...whole ? [['tests/end-to-end']] : [],
  ['--config', 'tests/split/vitest.config.ts'],
  ['--config', 'tests/split-faults/vitest.config.ts'],
]
const failed = suites.filter(suite => spawnSync(
  'vitest', ['run', ...suite, ...words.filter(word => word !== '--all')],
  { stdio: 'inherit', env: environment }).status !== 0)
process.exit(failed.length > 0 ? 1 : 0)
