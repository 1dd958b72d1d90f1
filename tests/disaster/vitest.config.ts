import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/**
 * The machine is gone and a copy is all there is. Needs nats-server and nginx, and where it is
 * installed tries an older PostgreSQL too, so it runs apart: `vitest run --config
 * tests/disaster/vitest.config.ts`. Ten services, other shapes and measurements are in the whole
 * run: `npm run test:reliability -- r18`.
 */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['tests/disaster/**/*.test.ts'],
    pool: 'forks',
    // Whole installations, under load: one at a time.
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 300_000,
  },
})
