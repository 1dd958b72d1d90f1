import { fileURLToPath } from 'node:url'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { killing, rolling, sharing, slice } from './end-to-end-files.ts'

/**
 * The end-to-end tests against services that run apart: one of each, then two of each. Needs
 * nats-server and nginx. A slice, all of it with SPLIT_TESTS=all (`npm run test:split -- --all`).
 */

const whole = process.env.SPLIT_TESTS === 'all'
let order = 0

/** Files of one project share an installation; projects run one after the other. */
function project (
  shape: 'split' | 'twins', files: string[], suffix = ''
): TestProjectInlineConfiguration[] {
  const chosen = files.filter(file => whole || slice[shape].includes(file))
    .map(file => file === 'roll.test.ts' ? `tests/split/${file}` : `tests/end-to-end/${file}`)
  return chosen.length === 0 ? [] : [{
    test: {
      name: shape + suffix,
      root: fileURLToPath(new URL('../..', import.meta.url)),
      include: chosen,
      env: { FERMATA_TEST_SHAPE: shape },
      globalSetup: ['tests/split/installations.ts'],
      sequence: { groupOrder: order++ },
      pool: 'forks',
      maxWorkers: 2,
      testTimeout: 60_000,
      // The first file of a shape waits for twenty processes to start.
      hookTimeout: 240_000,
    },
  }]
}

export default defineConfig({
  test: {
    projects: [
      ...project('split', sharing), ...project('split', killing, ', killed'),
      ...project('twins', sharing), ...project('twins', killing, ', killed'),
      ...project('twins', rolling, ', rolled'),
    ],
  },
})
