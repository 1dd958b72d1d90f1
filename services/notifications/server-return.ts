import type { Ctx } from './context.ts'
import { hurryFailed } from './queries/deliveries.ts'

/**
 * A pause after a failure is doubled each time, so a mail server that was away for an hour would
 * be waited for another one. It is asked again and again instead whether it is back, and what it
 * could not be given leaves at once when it is. Who starts anew has forgotten what failed: the
 * pauses go on then.
 */

/** Greeted and left again: no mail is spent on the question. */
export const look_ms = 3000
const most_remembered = 10_000

/** The server was not there, or broke off; it has not said a word about the mail. */
const unreachable = new Set(['ECONNECTION', 'ETIMEDOUT', 'ESOCKET', 'EDNS'])

/** Keeps in mind that a mail failed for a server that could not be reached. */
export function rememberUnreached (unreached: Set<string>, id: string, code: string): void {
  if (unreachable.has(code) && unreached.size < most_remembered) unreached.add(id)
}

export async function hurryWhenBack ({ resources, db }: Pick<Ctx, 'resources' | 'db'>) {
  const { unreached, isThere } = resources
  if (unreached.size === 0 || !await isThere()) return
  const ids = [...unreached]
  await hurryFailed(db, ids)
  for (const id of ids) unreached.delete(id)
}
