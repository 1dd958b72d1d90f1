import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

/** The deployment's files, tried with the programs that read them. `debian-packages` names those. */
export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: { include: ['tests/front-door/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 30_000 },
})
