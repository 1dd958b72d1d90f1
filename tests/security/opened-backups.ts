import { buffer } from 'node:stream/consumers'
import {
  folderStore, keysIn, listStored, openStored, readPart,
} from '@fermata/server/copies/stored'

/**
 * What whoever has the key reads in the backups of a folder.
 * @returns by `<backup>/<service>`
 */
export async function openBackups (folder: string, key: string): Promise<Record<string, string>> {
  const store = folderStore(folder)
  const found: Record<string, string> = {}
  for (const { id } of await listStored(store)) {
    const { manifest, key: own } = await openStored(store, keysIn(key), id)
    for (const part of manifest.parts) {
      const bytes = await buffer(readPart(store, own, id, part))
      found[`backup ${id}/${part.service}`] = bytes.toString('latin1')
    }
  }
  return found
}
