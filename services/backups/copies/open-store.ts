import { secretsIn } from '@fermata/platform/tokens'
import { s3Store } from '../adapters/s3-store.ts'
import type { BackupsSettings } from '../config.ts'
import { BrokenCopy } from './broken-copy.ts'
import { folderStore } from './folder-store.ts'
import { requireSigned, type Manifest } from './manifest.ts'
import type { CopyStore } from './store.ts'

export type StoreSettings = Partial<Pick<BackupsSettings,
  'BACKUP_S3_ENDPOINT' | 'BACKUP_S3_REGION' | 'BACKUP_S3_ACCESS_KEY_ID' |
  'BACKUP_S3_SECRET_ACCESS_KEY'>>

/**
 * @param place a folder, or `s3://bucket/prefix`
 * @throws with a sentence when the settings for it are missing
 */
export function openStore (place: string, settings: StoreSettings): CopyStore {
  if (!place.startsWith('s3://')) return folderStore(place)
  const {
    BACKUP_S3_ACCESS_KEY_ID: access_key_id, BACKUP_S3_SECRET_ACCESS_KEY: secret_access_key,
    BACKUP_S3_REGION: region = 'us-east-1', BACKUP_S3_ENDPOINT: endpoint,
  } = settings
  if (!access_key_id || !secret_access_key) throw new Error(
    `${place} needs BACKUP_S3_ACCESS_KEY_ID and BACKUP_S3_SECRET_ACCESS_KEY.`)
  return s3Store({
    url: place, region, access_key_id, secret_access_key,
    endpoint: endpoint ?? `https://s3.${region}.amazonaws.com`,
  })
}

/** Where the copies of an installation are, and the keys they are written and read with. */
export function copiesOf (settings: BackupsSettings): {
  store: CopyStore, elsewhere: CopyStore | null, keys: Buffer[]
} {
  return {
    store: folderStore(settings.BACKUP_DIR),
    elsewhere: settings.BACKUP_S3_URL ? openStore(settings.BACKUP_S3_URL, settings) : null,
    keys: keysIn(settings.BACKUP_KEY),
  }
}

/** The first writes, all read. */
export const keysIn = (setting: string): Buffer[] => secretsIn(setting).map(one => Buffer.from(one))

/** The key that a backup was written with. @throws BrokenCopy when it is none of them */
export function keyOf (keys: readonly Buffer[], manifest: Manifest): Buffer {
  let reason = new BrokenCopy('There is no key.')
  for (const key of keys) {
    try {
      requireSigned(key, manifest)
      return key
    } catch (error) {
      if (!(error instanceof BrokenCopy)) throw error
      reason = error
    }
  }
  throw reason
}
