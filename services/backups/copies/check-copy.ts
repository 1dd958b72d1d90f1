import type { ServiceName } from '@fermata/contracts/services'
import { BrokenCopy } from './broken-copy.ts'
import { manifest_file, readManifest, type CopyPart, type Manifest } from './manifest.ts'
import { keyOf } from './open-store.ts'
import { checkFiles } from './part.ts'
import type { CopyStore } from './store.ts'

/** A backup as it lies in a store; believed once `key` was found. */
export interface StoredBackup { manifest: Manifest, key: Buffer }

/** What there is, without a key and without believing it; what cannot be read says why. */
export async function listStored (
  store: CopyStore
): Promise<{ id: string, manifest: Manifest | null }[]> {
  const found = []
  for (const id of await store.list()) {
    const manifest = await readList(store, id).catch(notBroken)
    found.push({ id, manifest })
  }
  return found
}

function notBroken (error: unknown): null {
  if (error instanceof BrokenCopy) return null
  throw error
}

const readList = async (store: CopyStore, id: string) => {
  const manifest = readManifest(await store.read(`${id}/${manifest_file}`))
  if (manifest.id === id) return manifest
  throw new BrokenCopy('The list is that of another backup.')
}

/** @throws BrokenCopy when its list was changed, is another's, or was written with another key */
export async function openStored (
  store: CopyStore, keys: readonly Buffer[], id: string
): Promise<StoredBackup> {
  const manifest = await readList(store, id)
  return { manifest, key: keyOf(keys, manifest) }
}

/**
 * Reads every file of the parts, and restores nothing.
 * @param tell hears of each file's bytes
 * @returns why a part cannot be restored, for each that cannot
 */
export async function findDamage (
  store: CopyStore, { manifest }: StoredBackup, parts: readonly CopyPart[],
  tell: (bytes: number) => void = () => {}
): Promise<Map<ServiceName, string>> {
  const damaged = new Map<ServiceName, string>()
  for (const part of parts) {
    try {
      await checkFiles(store, manifest.id, part, tell)
    } catch (error) {
      if (!(error instanceof BrokenCopy)) throw error
      damaged.set(part.service, error.message)
    }
  }
  return damaged
}
