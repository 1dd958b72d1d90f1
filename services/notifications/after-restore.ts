import type { RestoreNote } from '@fermata/contracts/platform'
import type { Db } from '@fermata/platform/database'
import { giveUpWaiting } from './queries/restored.ts'

/**
 * What waited when the copy was made was most likely sent a moment later. Nothing is mailed twice:
 * it is listed among what was given up, from where people can send it again.
 */
export async function afterRestore (db: Db): Promise<RestoreNote[]> {
  const ids = await giveUpWaiting(db)
  return [{ what: 'mails_held_back', count: ids.length, ids: ids.slice(0, 10) }]
}
