import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/**
 * Power cuts on a disk in a file. Needs root and loop devices; without them each test says so and
 * is left out: `vitest run --config tests/power-cuts/vitest.config.ts`.
 */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['tests/power-cuts/**/*.test.ts'],
    globalSetup: ['packages/testkit/src/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 1_200_000,
    hookTimeout: 300_000,
  },
})
