import {
  chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, statSync, type Stats,
} from 'node:fs'
import { join } from 'node:path'
import { chooseAccount } from '@fermata/platform/embedded-postgres/run-as'

/** What Fermata keeps in its folder; `postgres` closes itself, for part of it is another's. */
const own_files = ['secrets.json']
/** What a power cut left of one that was being written, or `secrets renew` has put aside. */
const beside_them = /^secrets\.json\.(before-)?[0-9a-f]+$/
const own_folders = ['logs', 'backups', 'split']
const known = new Set([...own_files, ...own_folders, 'postgres', 'lost+found'])

/** More files than that are no logs and backups of ours. */
const max_files = 100_000

/**
 * Makes the folder of an installation, and closes it and what is in it to everybody but its owner,
 * also what an older version left open. As root, the database runs as another account, whose group
 * may pass through the folder and see nothing of it. A folder that holds something else, as /tmp
 * does, is left as open as it is.
 */
export function closeDataFolder (folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (process.platform === 'win32') return
  const isOurs = (name: string) => known.has(name) || beside_them.test(name)
  if (readdirSync(folder).every(isOurs)) closeFolder(folder)
  for (const name of own_files) close(join(folder, name))
  let files = 0
  const closeAll = (path: string): void => {
    if (++files > max_files) return
    const found = close(path)
    if (!found?.isDirectory()) return
    for (const name of readdirSync(path)) closeAll(join(path, name))
  }
  for (const name of own_folders) closeAll(join(folder, name))
}

function closeFolder (folder: string): void {
  const { uid, gid } = chooseAccount(join(folder, 'postgres', 'data'))
  ifOurs(() => {
    // As root: the database's account belongs to the group, and has to reach its own folder.
    if (uid !== undefined) chownSync(folder, statSync(folder).uid, gid!)
    chmodSync(folder, uid === undefined ? 0o700 : 0o710)
  })
}

/** Takes everybody else's rights away; a symbolic link has none, and is not followed. */
function close (path: string): Stats | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found || found.isSymbolicLink()) return undefined
  if ((found.mode & 0o077) !== 0) ifOurs(() => chmodSync(path, found.mode & 0o700))
  return found
}

/** What belongs to another account, or lies on a disk without rights, stays as it is. */
function ifOurs (change: () => void): void {
  try {
    change()
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (!['EPERM', 'EROFS', 'ENOTSUP', 'ENOENT'].includes(code)) throw error
  }
}
