/** Copies as they lie in a store, for tools and tests that look into them. */
export { listStored, openStored } from '@fermata/backups/copies/check-copy'
export { readEndings, type Ending } from '@fermata/backups/copies/endings'
export { folderStore } from '@fermata/backups/copies/folder-store'
export type { Contents } from '@fermata/backups/copies/manifest'
export { keysIn } from '@fermata/backups/copies/open-store'
export { readPart } from '@fermata/backups/copies/part'
