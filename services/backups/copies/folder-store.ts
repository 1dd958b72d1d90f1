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
  /** Of all backups, whether they have a manifest. */
  async function look (): Promise<{ id: string, is_done: boolean }[]> {
    const found = []
    const names = await readdir(root).catch(absent)
    for (const id of (names ?? []).filter(name => is_backup_id.test(name)).sort()) {
      const files = await readdir(join(root, id)).catch(absent)
      if (files) found.push({ id, is_done: files.includes(manifest_file) })
    }
    return found
  }
  return {
    place: root,
    list: async () => (await look()).filter(one => one.is_done).map(({ id }) => id),
    drafts: async () => (await look()).filter(one => !one.is_done).map(({ id }) => id),
    async names (folder, after = '') {
      const found = await readdir(join(root, folder)).catch(absent)
      return (found ?? []).filter(name => !is_draft.test(name) && name > after).sort()
    },
    write: (name, bytes) => write(join(root, name), bytes),
    async read (name) {
      const bytes = await readFile(join(root, name)).catch(absent)
      if (bytes) return bytes
      throw new BrokenCopy('The file is gone.')
    },
    remove: backup_id => rm(join(root, backup_id), { recursive: true, force: true }),
    removeFile: name => rm(join(root, name), { force: true }),
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
