/** A broken promise of CONTRIBUTING.md's "House rules" that we live with on purpose. */
export interface Exception {
  /** A rule's name in tidy-rules.ts. */
  rule: string
  file: string
  /** Why the rule makes this place worse; read by the next person who wants to remove it. */
  reason: string
}

/** The one list. An entry that no longer excuses anything fails tidy.test.ts: take it out. */
export const exceptions: readonly Exception[] = [
  {
    rule: 'default-export',
    file: 'packages/testkit/src/global-setup.ts',
    reason: 'vitest takes a setup that returns its own teardown only as a default export'
  },
  {
    rule: 'session-lock',
    file: 'services/backups/queries/lock.ts',
    reason: 'a backup reads every service for minutes; its connection is kept for as long, and dies with it'
  },
  {
    rule: 'session-lock',
    file: 'packages/platform/src/rehearsal-databases.ts',
    reason: 'databases cannot be made in a transaction; its connection is its own, not of a pool'
  }
]
