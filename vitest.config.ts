import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    // The last one takes minutes: `npm run test:faults` and .ci/run have it.
    exclude: ['**/node_modules/**', '**/build/**', 'tests/faults/rush-under-kills.test.ts'],
    // One PostgreSQL for the run; each test file makes its own database there.
    globalSetup: ['packages/testkit/src/global-setup.ts'],
    pool: 'forks',
    // Tests wait for disks and sockets much of the time, so even one core has work for two; memory
    // bounds the rest.
    maxWorkers: Math.min(8, Math.max(2, availableParallelism())),
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
