import { access_token_seconds } from './tokens.ts'

/**
 * The logins that ended within the life of an access token. Small by nature: whoever is on it for longer holds no
 * token that has not expired. Filled from the auth service at start and by its events from then on.
 */
export interface EndedLogins {
  has (login_id: string): boolean
  add (login_ids: string[]): void
}

export function createEndedLogins (now_ms: () => number = Date.now): EndedLogins {
  const ended = new Map<string, number>()
  // A minute longer than a token lives, for clocks that differ.
  const kept_ms = (access_token_seconds + 60) * 1000
  return {
    has: login_id => ended.has(login_id),
    add (login_ids) {
      for (const [id, at_ms] of ended) {
        // In order of insertion, so the first young one ends the walk.
        if (at_ms > now_ms() - kept_ms) break
        ended.delete(id)
      }
      for (const id of login_ids) ended.set(id, now_ms())
    },
  }
}
