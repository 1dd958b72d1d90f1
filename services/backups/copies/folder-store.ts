import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
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
      // Passing names have an ending of their own.
      return (found ?? []).filter(name => !/\.[0-9a-f]{8}$/.test(name)).sort()
    },
    write: (name, bytes) => writeDurably(join(root, name), bytes),
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

/** Under a passing name, synced, renamed, and the folder synced: after a power cut it is whole. */
async function writeDurably (path: string, bytes: Buffer): Promise<void> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: owner_only_folder })
  const passing = `${path}.${randomBytes(4).toString('hex')}`
  try {
    const file = await open(passing, 'wx', owner_only_file)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(passing, path)
  } catch (error) {
    await rm(passing, { force: true })
    throw error
  }
  await syncFolder(folder)
}

async function syncFolder (folder: string): Promise<void> {
  // Windows opens no folders, and writes down renames by itself.
  if (process.platform === 'win32') return
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
