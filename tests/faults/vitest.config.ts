import { defineConfig } from 'vitest/config'
import base from '../../vitest.config.ts'

/** `npm run test:faults`: also what takes minutes and is therefore left out of `npm test`. */
export default defineConfig({
  ...base,
  root: new URL('../..', import.meta.url).pathname,
  test: { ...base.test, include: ['tests/faults/**/*.test.ts'], exclude: [] },
})
