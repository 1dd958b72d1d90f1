import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Suites that need more than npm installs: .ci/run installs that and runs each by its own config.
const suites_apart = globSync('tests/*/debian-packages', { cwd: import.meta.dirname })
  .map(file => `${dirname(file)}/**`)

// Every file has a process of its own: what one has compiled the next need not compile again.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled')

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: [
      '**/node_modules/**', '**/build/**', ...suites_apart,
      // They take minutes: `npm run test:faults` and .ci/run have them.
      'tests/faults/{rush-under-kills,killed-starts,npm-signals,full-disk,frozen-database,killed-mailer,mixed-load,logs,liveness,killed-upgrades}.test.ts',
      // It builds an image as root: `npm run test:image` alone has it.
      'tests/image/**',
    ],
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
