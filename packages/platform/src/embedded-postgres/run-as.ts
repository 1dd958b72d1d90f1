import { existsSync, readFileSync, statSync } from 'node:fs'
import { chmod, chown, lchown, readdir } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** Who runs the server. Without `uid`: whoever runs Node. */
export interface Account { name: string, uid?: number, gid?: number }

/**
 * PostgreSQL refuses to run as root. An account of our own comes first; then `postgres`, which
 * exists for this purpose; `nobody` comes last, because other daemons run as it too and could read
 * our files.
 */
const preferred = ['fermata', 'postgres', '_postgres', 'nobody']

export const isRoot = () => process.getuid?.() === 0

/** The name PostgreSQL's peer check will see for connections made by this process. */
export function ownName (): string {
  try {
    return userInfo().username
  } catch {
    throw new Error(`The account running Fermata (uid ${process.getuid?.()}) has no name in /etc/passwd, and PostgreSQL `
      + 'refuses to run without one. Add a line for it there, or point DATABASE_URL at a server of yours.')
  }
}

/** The account for the server; existing data keep the account they already belong to. */
export function chooseAccount (data: string): Account {
  if (!isRoot()) return { name: ownName() }
  const accounts = readAccounts()
  const owner = statSync(data, { throwIfNoEntry: false })
  if (owner && owner.uid !== 0) {
    const name = accounts.find(account => account.uid === owner.uid)?.name ?? String(owner.uid)
    return { name, uid: owner.uid, gid: owner.gid }
  }
  const names = preferred.map(name => accounts.find(account => account.name === name))
  const chosen = names.find(account => account !== undefined && account.uid !== 0)
  if (chosen) return chosen
  throw new Error('PostgreSQL refuses to run as root, and this machine has no account to run it as instead. Add an account '
    + 'named "fermata", start Fermata as an ordinary user, or point DATABASE_URL at a server of yours.')
}

function readAccounts (): Required<Account>[] {
  const text = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8') : ''
  const lines = text.split('\n').map(line => line.split(':'))
  // macOS writes nobody as -2; the kernel wants it unsigned.
  const unsigned = (id?: string) => Number(id) >>> 0
  return lines.filter(fields => fields.length >= 4 && fields[0] !== '')
    .map(([name, , uid, gid]) => ({ name: name!, uid: unsigned(uid), gid: unsigned(gid) }))
}

/** The outermost folder on the way to `path` (or `path` itself) that the account may not enter. */
export function closedFolder (path: string, account: Account): string | undefined {
  const way = [resolve(path)]
  while (dirname(way[0]!) !== way[0]) way.unshift(dirname(way[0]!))
  return way.find(folder => {
    const stat = statSync(folder, { throwIfNoEntry: false })
    return stat?.isDirectory() === true && !allowed(stat, account, 1)
  })
}

/**
 * Whether the mode bits give the account this permission (1 enter or run, 4 read). Access lists are
 * not looked at.
 */
export function allowed (
  stat: { uid: number, gid: number, mode: number }, account: Account, permission: 1 | 4,
): boolean {
  if (account.uid === undefined) return true
  const shift = stat.uid === account.uid ? 6 : stat.gid === account.gid ? 3 : 0
  return ((stat.mode >> shift) & permission) !== 0
}

/** Gives a folder to the account, readable by nobody else. */
export async function giveFolder (folder: string, account: Account): Promise<void> {
  if (account.uid !== undefined) await chown(folder, account.uid, account.gid!)
  await chmod(folder, 0o700)
}

/**
 * Gives everything below a folder to the account: data that root restored from a copy belong to
 * root.
 */
export async function giveTree (folder: string, account: Account): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await giveTree(path, account)
    else await lchown(path, account.uid!, account.gid!)
  }
  await lchown(folder, account.uid!, account.gid!)
}
