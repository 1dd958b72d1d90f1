import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

/** What is written once and needed for ever: secrets, passwords, marks, manifests. */

/** The name of a file that is not written to its end, or never will be. */
export const is_draft = /\.[0-9a-f]{12}$/

export interface FileOwner { uid?: number | undefined, gid?: number | undefined }

/**
 * Writes a file whole or not at all, and returns when it is on the disk under its name: a power cut
 * leaves the old file or the new one. The name is taken over by `rename`, so when root writes into
 * a folder of another account a symbolic link planted there is replaced, never followed.
 * @param mode of the file, e.g. 0o600
 * @throws the system's error; the file is as it was
 */
export async function writeDurably (
  path: string, content: string | Uint8Array, mode: number, owner: FileOwner = {},
): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(draft, 'wx', mode)
    try {
      await file.writeFile(content)
      await file.chmod(mode)
      if (owner.uid !== undefined) await file.chown(owner.uid, owner.gid!)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await unlink(draft).catch(() => {})
    throw error
  }
  await syncFolder(dirname(path))
}

/** Makes the names in a folder survive a power cut. Windows has nothing like it. */
export async function syncFolder (folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes a folder, and those above it that are missing, so that they survive a power cut. */
export async function makeFolderDurably (folder: string, mode = 0o700): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode })
  if (first === undefined) return
  for (let path = folder; path.length >= first.length; path = dirname(path)) {
    await syncFolder(dirname(path))
  }
}
