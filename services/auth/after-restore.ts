import type { RestoreNote } from '@fermata/contracts/platform'
import type { Db } from '@fermata/platform/database'
import { endAllLogins } from './queries/restored.ts'

/** A copy brings back logins that were ended since, and links that were used. All of them end. */
export async function afterRestore (db: Db): Promise<RestoreNote[]> {
  const ids = await endAllLogins(db)
  return [{ what: 'logins_ended', count: ids.length, ids: ids.slice(0, 10) }]
}
