import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

/** Run by tests/image/run.ts, which builds the image first. */
export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: { include: ['tests/image/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 300_000 },
})
