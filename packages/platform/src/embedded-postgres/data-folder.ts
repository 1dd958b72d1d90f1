import { chmod, chown, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { existsSync, lstatSync, statSync } from 'node:fs'
import { createHash, randomBytes } from 'node:crypto'
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { syncFolder, writeDurably } from '../durable-file.ts'
import { explain, explainError, trouble } from './explain.ts'
import {
  chooseAccount, closedFolder, giveFolder, giveTree, isRoot, type Account,
} from './run-as.ts'

/**
 * Where everything of one server lives. Only `data` and `sockets` belong to the server's account.
 */
export interface Place {
  folder: string
  data: string
  sockets: string
  log: string
  account: Account
  notes: string[]
}

/** Longest path of a Unix socket in bytes, without the closing zero: 107 on Linux, 103 on macOS. */
const longest_socket_path = 103

const socketName = '.s.PGSQL.5432'

/** Makes the requested folder, with words a person understands when it cannot be made. */
export async function makeRequestedFolder (folder: string): Promise<void> {
  try {
    const made = await makeFolders(folder)
    if (made || existsSync(join(folder, 'data')) || isRoot()) await closeToOthers(folder)
    const probe = join(folder, `.probe-${randomBytes(6).toString('hex')}`)
    await (await open(probe, 'wx')).close()
    await rm(probe)
  } catch (error) {
    throw explainError(error, folder)
  }
}

/** As root, the server's account passes through to its own subfolders, but reads nothing here. */
async function closeToOthers (folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const { uid, gid } = chooseAccount(join(folder, 'data'))
  if (uid !== undefined) await chown(folder, 0, gid!)
  await chmod(folder, uid === undefined ? 0o700 : 0o710)
}

/**
 * `mkdir` with `recursive` never ends where a file system answers ENOENT below a folder that exists
 * (/proc does).
 */
async function makeFolders (folder: string): Promise<boolean> {
  try {
    await mkdir(folder)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return false
    if (code !== 'ENOENT' || existsSync(dirname(folder))) throw error
    await makeFolders(dirname(folder))
    await mkdir(folder)
    return true
  }
}

/**
 * Chooses where the data live: in the requested folder, or where the server's account can reach
 * them.
 */
export async function choosePlace (requested: string): Promise<Place> {
  const notes: string[] = []
  const account = chooseAccount(join(requested, 'data'))
  const closed = account.uid === undefined ? undefined : closedFolder(requested, account)
  const folder = closed === undefined ? requested : await systemFolder(requested, account)
  if (closed !== undefined) {
    notes.push(`The database's account (${account.name}) may not enter ${closed}, so the data live in ${folder}.`)
  }
  const data = join(folder, 'data')
  const place = { folder, data, log: join(folder, 'server.log'), account: chooseAccount(data), notes }
  return { ...place, sockets: await makeSocketFolder(folder, place.account) }
}

interface Pointer { folder: string, requested: string }

/**
 * Data that cannot live where they were asked for get a folder of the system, and the requested
 * folder points there. Without the pointer a new folder is begun: whoever deleted the requested
 * folder wanted a fresh start.
 */
async function systemFolder (requested: string, account: Account): Promise<string> {
  const pointerFile = join(requested, 'location.json')
  const text = await readFile(pointerFile, 'utf8').catch(() => undefined)
  if (text !== undefined) {
    const pointer = readPointer(text, pointerFile)
    // A copy of a whole installation must not share the data of the original; a renamed one keeps
    // them.
    const copied = pointer.requested !== requested && existsSync(join(pointer.requested, 'location.json'))
    if (!copied && existsSync(pointer.folder)) return pointer.folder
  }
  const base = await stateFolder(account)
  const hash = createHash('sha256').update(requested).digest('hex').slice(0, 12)
  for (let attempt = 1; attempt <= 1_000; attempt++) {
    const folder = join(base, attempt === 1 ? hash : `${hash}-${attempt}`)
    const made = await mkdir(folder, { mode: 0o711 }).then(() => true, error => {
      if (error.code === 'EEXIST') return false
      throw explainError(error, base)
    })
    if (!made) continue
    await chmod(folder, 0o711)
    await writeDurably(pointerFile, `${JSON.stringify({ folder, requested } satisfies Pointer, null, 2)}\n`, 0o600)
    return folder
  }
  throw trouble(`${base} holds a thousand databases that were begun for ${requested}. Delete those no longer wanted.`)
}

/**
 * Only folders this file hands out are believed: root must not be sent just anywhere by a file of
 * somebody else.
 */
function readPointer (text: string, file: string): Pointer {
  try {
    const pointer = JSON.parse(text) as Pointer
    const ours = stateFolders.includes(dirname(pointer.folder))
    if (ours && typeof pointer.requested === 'string') return pointer
  } catch {
    // Not JSON: the same advice.
  }
  throw trouble(`${file} should say where the data live, but cannot be understood. Restore it, or remove it to start anew `
    + `(the data stay in a folder below ${stateFolders[0]}).`)
}

const stateFolders = process.platform === 'darwin'
  ? ['/usr/local/var/fermata', '/opt/fermata'] : ['/var/lib/fermata', '/opt/fermata', '/srv/fermata']

/**
 * The folder of the system for Fermata's state and its copy of the binaries; only root ever needs
 * it.
 */
export async function stateFolder (account: Account): Promise<string> {
  for (const folder of stateFolders) {
    try {
      const made = await mkdir(folder, { recursive: true })
      if (made !== undefined) await chmod(folder, 0o711)
    } catch {
      continue
    }
    if (closedFolder(folder, account) === undefined) return folder
  }
  throw trouble(`None of ${stateFolders.join(', ')} can be made for the database's account (${account.name}). Choose a folder `
    + 'that this account can enter with FERMATA_DATA, or start Fermata as an ordinary user.')
}

/** A folder only the server's account may enter, with a path short enough for a socket. */
async function makeSocketFolder (folder: string, account: Account): Promise<string> {
  const beside = join(folder, 'socket')
  const short = Buffer.byteLength(join(beside, socketName)) <= longest_socket_path
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 12)
  const sockets = short ? beside : join(shortBase(), `fermata-${process.getuid?.() ?? 0}-${hash}`)
  try {
    await mkdir(sockets, { mode: 0o700 }).catch(error => {
      if (error.code !== 'EEXIST') throw error
    })
  } catch (error) {
    throw explainError(error, sockets)
  }
  const found = lstatSync(sockets)
  const mine = [0, process.getuid?.() ?? 0, account.uid].includes(found.uid)
  if (!found.isDirectory() || (process.platform !== 'win32' && !mine)) {
    throw trouble(`${sockets} belongs to somebody else. Remove it, or choose another folder with FERMATA_DATA.`)
  }
  await giveFolder(sockets, account)
  return sockets
}

const shortBase = () => {
  const runtime = isRoot() ? '/run' : `/run/user/${process.getuid?.()}`
  return existsSync(runtime) ? runtime : '/tmp'
}

/**
 * Looks at the data before anything is started. True when there are some, false for a first start.
 */
export async function checkData (place: Place, major: number): Promise<boolean> {
  const found = await stat(place.data).catch(() => undefined)
  if (!found) return false
  const version = await readFile(join(place.data, 'PG_VERSION'), 'utf8').catch(() => undefined)
  if (process.getuid !== undefined && !isRoot() && found.uid !== process.getuid()) {
    throw trouble(`The database in ${place.data} belongs to another account (uid ${found.uid}). Start Fermata as that one or `
      + 'as root, or choose another folder with FERMATA_DATA.')
  }
  if (version === undefined) {
    throw trouble(`${place.data} is not a complete database: its file PG_VERSION cannot be read. Move that folder aside and `
      + 'start Fermata again, then restore a backup.')
  }
  if (Number(version) !== major) {
    const [wrote, order] = [version.trim(), Number(version) > major ? 'newer' : 'older']
    throw trouble(`The database in ${place.data} was written by PostgreSQL ${wrote}, which is ${order} than the ${major} of this `
      + `Fermata. Start it with the Fermata that brings PostgreSQL ${wrote}, make a backup there, and restore that into an `
      + 'empty folder with this one.')
  }
  const { uid } = place.account
  if (uid !== undefined && found.uid !== uid) await giveTree(place.data, place.account)
  if (process.platform !== 'win32') await chmod(place.data, 0o700)
  return true
}

const draftPrefix = 'data.unfinished-'

/** Removes what first starts left that were killed. */
export async function removeDrafts (place: Place): Promise<void> {
  for (const name of await readdir(place.folder)) {
    if (!name.startsWith(draftPrefix)) continue
    // One that is being written to resists; the next start gets it.
    await rm(join(place.folder, name), { recursive: true, force: true }).catch(() => {})
  }
}

/**
 * Makes a new database cluster. It gets its name when it is complete and on disk, so a crash in the
 * middle leaves nothing that looks like data.
 */
export async function createData (
  place: Place, binaries: Binaries, noSync: boolean,
): Promise<void> {
  // A new name each time: when Node was killed, its initdb may still be writing under the last one.
  const draft = join(place.folder, `${draftPrefix}${randomBytes(6).toString('hex')}`)
  const secret = join(place.sockets, 'password')
  try {
    await mkdir(draft)
    await giveFolder(draft, place.account)
    const password = randomBytes(24).toString('base64url')
    await writeDurably(secret, password, 0o600, place.account)
    // The builtin C.UTF-8 sorts alike on every machine; ICU 60 of these binaries would tie the data
    // to them.
    await runProgram(binaries.initdb, ['-D', draft, '-U', 'fermata', `--pwfile=${secret}`, '--encoding=UTF8', '--locale=C',
      '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--data-checksums', '--auth-local=peer',
      '--auth-host=scram-sha-256', ...noSync ? ['--no-sync'] : []], place)
    await writeDurably(join(place.folder, 'password'), password, 0o600)
    await rename(draft, place.data)
    if (!noSync) await syncFolder(place.folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true }).catch(() => {})
    if (error instanceof Error && 'code' in error) throw explainError(error, place.folder)
    throw error
  } finally {
    await rm(secret, { force: true }).catch(() => {})
  }
}

/**
 * Only what PostgreSQL needs: a stray PGDATA, LC_ALL or LD_PRELOAD of the caller must not reach it.
 * Windows programs need the variables of their system, so there they inherit all.
 */
export const cleanEnvironment = (): NodeJS.ProcessEnv | undefined =>
  process.platform === 'win32' ? undefined : { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

/** Runs one of PostgreSQL's programs to its end; a failure becomes an explanation. */
export function runProgram (program: string, args: string[], place: Place): Promise<void> {
  const { uid, gid } = place.account
  return new Promise((resolve, reject) => {
    let said = ''
    const child = spawn(program, args, {
      uid, gid, cwd: place.folder, env: cleanEnvironment(), stdio: ['ignore', 'ignore', 'pipe'], timeout: 300_000,
    })
    child.stderr.on('data', chunk => { said = (said + chunk).slice(-16_384) })
    child.on('error', error => reject(cannotRun(program, error, place)))
    child.on('close', code => {
      if (code === 0) resolve()
      else reject(explain(said, place.folder))
    })
  })
}

/** A program that is there but cannot be started was built for another kind of system. */
export function cannotRun (program: string, error: NodeJS.ErrnoException, place: Place): Error {
  if (error.code === 'ENOENT' && existsSync(program)) {
    return trouble(`${program} cannot run here: it needs a Linux with glibc (Alpine has musl). Use another base image, or point `
      + 'DATABASE_URL at a server of yours.', error)
  }
  return explainError(error, place.folder)
}

