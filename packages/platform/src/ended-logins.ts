import { listEndedLogins } from '@fermata/contracts/auth'
import type { ReplyOf } from '@fermata/contracts/define'
import type { EventBus } from './bus.ts'
import type { createCall } from './call.ts'
import { access_token_seconds } from './tokens.ts'

/**
 * Auth may start after us, and whoever logged out wants to be out within a second, the asking
 * included.
 */
const poll_ms = 500
/** News may stay away without a sign: auth can be cut off from a message server that we reach. */
const doubt_after_ms = 15_000
const overlap_ms = 60_000

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
 * Asks auth which logins ended before we listened, again and again while we cannot listen, and now
 * and then while we can; until it answers, their tokens live on for ten minutes at most.
 */
export function followEndedLogins (
  endedLogins: EndedLogins, call: ReturnType<typeof createCall>,
  bus: Pick<EventBus, 'connected' | 'onReturn'>
): () => void {
  let since_ms = Date.now() - access_token_seconds * 1000
  let ask_at_ms = -Infinity
  let returns = 0
  let asking = false
  // It may have been away for less than the time between two looks.
  bus.onReturn(() => {
    returns++
    ask_at_ms = -Infinity
  })

  async function ask (): Promise<void> {
    asking = true
    const asked_ms = Date.now()
    const listening_since = bus.connected() ? returns : null
    try {
      const since = new Date(since_ms).toISOString()
      const { items } = await call(
        listEndedLogins, { query: { since } } as {}
      ) as ReplyOf<typeof listEndedLogins>
      endedLogins.add(items.map(item => item.login_id))
      // A transaction that began earlier may commit later: a minute is asked for twice.
      since_ms = asked_ms - overlap_ms
      if (listening_since === returns) ask_at_ms = performance.now() + doubt_after_ms
    } catch {
      // The next look asks again.
    } finally {
      asking = false
    }
  }

  const look = () => {
    if (asking || (bus.connected() && performance.now() < ask_at_ms)) return
    ask_at_ms = -Infinity
    void ask()
  }
  look()
  const timer = setInterval(look, poll_ms)
  return () => clearInterval(timer)
}
