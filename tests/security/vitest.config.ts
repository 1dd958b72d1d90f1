import { defineConfig } from 'vitest/config'
import base from '../../vitest.config.ts'

/** `npm run test:security`: the tests of threats alone. How much of each runs, run.ts decides. */
export default defineConfig({
  ...base,
  root: new URL('../..', import.meta.url).pathname,
  test: {
    ...base.test,
    include: ['tests/security/**/*.test.ts', 'tests/end-to-end/pressed-links.test.ts'],
    exclude: [],
    // Ten thousand logins take their time on two cores.
    testTimeout: 900_000,
    hookTimeout: 300_000,
  },
})
