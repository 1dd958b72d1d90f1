import type { Ctx } from './context.ts'
import { hurryFailed } from './queries/deliveries.ts'

/**
 * A pause after a failure is doubled each time, so a mail server that was away for an hour would
 * be waited for another one. It is asked again and again instead whether it is back, and what it
 * could not be given leaves at once when it is. Only who was seen to be away can be back: a server
 * that greets and then breaks off is waited for as before. Who starts anew has forgotten what
 * failed: the pauses go on then.
 */

/** Greeted and left again: no mail is spent on the question. */
export const look_ms = 3000
const most_remembered = 10_000

/** The server was not there, or broke off, perhaps in the middle of a mail. */
const unreachable = new Set(['ECONNECTION', 'ETIMEDOUT', 'ESOCKET', 'EDNS'])

export interface Unreached {
  /** Mails that failed for a server that could not be reached. */
  ids: Set<string>
  /** Whether it was asked since, and was not there. */
  was_away: boolean
}

/**
 * Keeps in mind that a mail failed for a server that could not be reached, and asks at once whether
 * it is there: it may be back before the next look. Never rejects; no sender has to wait for it.
 */
export async function rememberUnreached (
  { resources: { unreached, isThere } }: Pick<Ctx, 'resources'>, id: string, code: string
): Promise<void> {
  if (!unreachable.has(code) || unreached.ids.size >= most_remembered) return
  unreached.ids.add(id)
  if (!unreached.was_away && !await isThere()) unreached.was_away = true
}

export async function hurryWhenBack ({ resources, db }: Pick<Ctx, 'resources' | 'db'>) {
  const { unreached, isThere } = resources
  if (unreached.ids.size === 0) return
  if (!await isThere()) {
    unreached.was_away = true
    return
  }
  const ids = [...unreached.ids]
  if (unreached.was_away) await hurryFailed(db, ids)
  unreached.was_away = false
  for (const id of ids) unreached.ids.delete(id)
}
