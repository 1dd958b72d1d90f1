import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

/** The tests of the repository itself. They need no database, so `npm run check` runs them without the whole suite's setup. */
export default defineConfig({
  root: resolve(import.meta.dirname, '..'),
  test: { include: ['tools/**/*.test.ts'], testTimeout: 30_000 }
})
