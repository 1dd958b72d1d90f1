import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

/** The deployment's files, tried with the programs that read them. `debian-packages` names those. */
export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: {
    include: ['tests/deploy/**/*.test.ts'],
    globalSetup: ['packages/testkit/src/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
