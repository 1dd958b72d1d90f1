import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/**
 * Needs pgbouncer on PATH, so it runs apart: `vitest run --config tests/pooler/vitest.config.ts`.
 */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['tests/pooler/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
