import { listEndedLogins } from '@fermata/contracts/auth'
import type { ReplyOf } from '@fermata/contracts/define'
import type { createCall } from './call.ts'
import { access_token_seconds } from './tokens.ts'

/** Auth may start after us. */
const retry_ms = 1000

/**
 * The logins that ended within the life of an access token. Small by nature: whoever is on it for
 * longer holds no token that has not expired. Filled from the auth service at start and by its
 * events from then on.
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

/**
 * Asks auth which logins ended before we listened; until it answers, their tokens live on for ten
 * minutes at most.
 */
export function loadEndedLogins (
  endedLogins: EndedLogins, call: ReturnType<typeof createCall>
): () => void {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const since = new Date(Date.now() - access_token_seconds * 1000).toISOString()
  const load = async () => {
    try {
      const { items } = await call(
        listEndedLogins, { query: { since } } as {}
      ) as ReplyOf<typeof listEndedLogins>
      endedLogins.add(items.map(item => item.login_id))
    } catch {
      if (!stopped) timer = setTimeout(() => { void load() }, retry_ms)
    }
  }
  void load()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
