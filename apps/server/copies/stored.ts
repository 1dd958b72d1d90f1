/** Copies as they lie in a store, for tools and tests that look into them. */
export { BrokenCopy } from '@fermata/backups/copies/broken-copy'
export { findDamage, listStored, openStored } from '@fermata/backups/copies/check-copy'
export { readEndings, type Ending } from '@fermata/backups/copies/endings'
export { folderStore } from '@fermata/backups/copies/folder-store'
export { writeManifest, type Contents } from '@fermata/backups/copies/manifest'
export { keysIn } from '@fermata/backups/copies/open-store'
export { readPart, writePart } from '@fermata/backups/copies/part'
