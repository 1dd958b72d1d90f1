import { buildWebWhenStale } from './build-web.ts'

/**
 * Runs at the end of `npm ci`, so that the first `npm start` has nothing left to build. It never fails the
 * install: whatever went wrong is said here in a sentence, and `npm start` tries again.
 */
if (process.env.FERMATA_SKIP_BUILD) {
  console.log('FERMATA_SKIP_BUILD is set: the web app is built at the first start instead.')
} else {
  try {
    await buildWebWhenStale()
  } catch (error) {
    console.warn(error instanceof Error ? error.message : error)
    console.warn('The install is complete all the same; `npm start` will try to build the web app again.')
  }
}
