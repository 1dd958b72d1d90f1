import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Needs nats-server on PATH, so it runs apart: `vitest run --config tests/jetstream/vitest.config.ts`. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['tests/jetstream/**/*.test.ts'],
    globalSetup: ['packages/testkit/src/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
