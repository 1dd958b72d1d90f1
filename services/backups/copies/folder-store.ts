import { readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { is_draft, makeFolderDurably, writeDurably } from '@fermata/platform/durable-file'
import { BrokenCopy } from './broken-copy.ts'
import { manifest_file } from './manifest.ts'
import { is_backup_id, type CopyStore } from './store.ts'

const owner_only_folder = 0o700
const owner_only_file = 0o600

/** A folder, for its owner alone: `<folder>/<backup id>/<file>`. */
export function folderStore (folder: string): CopyStore {
  const root = resolve(folder)
  return {
    place: root,
    async list () {
      const names = await readdir(root).catch(absent)
      const found: string[] = []
      for (const name of (names ?? []).filter(one => is_backup_id.test(one)).sort()) {
        const files = await readdir(join(root, name)).catch(absent)
        if (files?.includes(manifest_file)) found.push(name)
      }
      return found
    },
    async names (folder) {
      const found = await readdir(join(root, folder)).catch(absent)
      return (found ?? []).filter(name => !is_draft.test(name)).sort()
    },
    write: (name, bytes) => write(join(root, name), bytes),
    async read (name) {
      const bytes = await readFile(join(root, name)).catch(absent)
      if (bytes) return bytes
      throw new BrokenCopy('The file is gone.')
    },
    remove: backup_id => rm(join(root, backup_id), { recursive: true, force: true }),
  }
}

function absent (error: unknown): null {
  if (['ENOENT', 'ENOTDIR'].includes((error as { code?: string }).code ?? '')) return null
  throw error
}

async function write (path: string, bytes: Buffer): Promise<void> {
  await makeFolderDurably(dirname(path), owner_only_folder)
  await writeDurably(path, bytes, owner_only_file)
}
