import { readdirSync } from 'node:fs'

/** The end-to-end tests by what they ask of the shape they run against. */

/** These are about one process, and run in `npm test` alone. */
const one_process_only: Record<string, string> = {
  'alone.test.ts': 'starts each service by itself, with none of the others',
  'first-organizer.test.ts': 'has an installation of its own, without anything in it',
  'rush.test.ts': 'takes the guard out of a system in the process of the test; ' +
    'tests/split-faults has a rush between two processes',
  'traces.test.ts': 'has settings of its own; tests/jetstream follows a purchase between processes',
}

/** This one kills every process, so no other may run beside it. */
export const killing = ['waiting-room.test.ts']

/** Replaces every process; this one is of tests/split. */
export const rolling = ['roll.test.ts']

/** All others share an installation. */
export const sharing = readdirSync(new URL('../end-to-end', import.meta.url))
  .filter(file => file.endsWith('.test.ts'))
  .filter(file => !(file in one_process_only) && !killing.includes(file))

/**
 * What .ci/run has time for: every file against one process (in `npm test`), each at least once
 * against services that run apart, and what follows a purchase through all of them in both shapes.
 */
export const slice = {
  split: ['browser.test.ts', 'founding-names.test.ts', 'pressed-links.test.ts',
    'purchase.test.ts', 'rules-of-sale.test.ts', 'tour.test.ts'],
  twins: ['live-availability.test.ts', 'purchase.test.ts', 'waiting-room-pages.test.ts',
    'waiting-room.test.ts', 'roll.test.ts'],
}
