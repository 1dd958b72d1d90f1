import { defineConfig } from 'vitest/config'
import base from '../../vitest.config.ts'
import { propertyTests } from './property-tests.ts'

/**
 * `npm run test:reliability`: the tests of properties alone, wherever they lie. Some need more than
 * npm installs: the `debian-packages` beside them say what.
 */
export default defineConfig({
  ...base,
  root: new URL('../..', import.meta.url).pathname,
  test: {
    ...base.test,
    include: [...propertyTests().keys()],
    exclude: [],
    // Faults are timed: one at a time.
    maxWorkers: 1,
    // Hundreds of kills and restarts.
    testTimeout: 4 * 3_600_000,
    hookTimeout: 600_000,
  },
})
