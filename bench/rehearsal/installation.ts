import { statfsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findRunningPostgres } from '@fermata/platform/embedded-postgres/find-running'
import { findServer, isAlive, stopServer } from '@fermata/platform/embedded-postgres/postmaster'
import { startEmbeddedPostgres } from '@fermata/platform/embedded-postgres/supervisor'
import type { Environment } from '@fermata/platform/settings'

/** Where the real installation keeps its data, found without touching them. */
export interface Installation {
  /** The server on which the rehearsal's database is made. */
  server_url: string
  /** Where events and their ticket types are read; null where nothing was ever installed. */
  source: { events_url: string, orders_url: string } | null
  /** One line: what was found. */
  found: string
  stop (): Promise<void>
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder_prefix = 'fermata-rehearsal-'

const nothing = () => Promise.resolve()

/** A folder for logs and, if need be, a database; `sweepFolders` finds it by its process. */
export async function makeFolder (): Promise<string> {
  const folder = join(tmpdir(), `${folder_prefix}${process.pid}`)
  // The database's account passes through on its way to its own folder.
  await mkdir(folder, { mode: 0o711, recursive: true })
  return folder
}

const postgresOf = (folder: string) => join(folder, 'postgres')

/** Ends the database in a folder, should one run there, and removes both. */
export async function removeFolder (folder: string): Promise<void> {
  const data = join(postgresOf(folder), 'data')
  const server = await findServer(data)
  if (server) await stopServer(server.pid, data)
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** Removes what killed rehearsals left in the folder for temporary files. */
export async function sweepFolders (): Promise<string[]> {
  const names = (await readdir(tmpdir())).filter(name => name.startsWith(folder_prefix))
  const left = names.filter(name => {
    const pid = Number(name.slice(folder_prefix.length))
    return pid !== process.pid && !isAlive(pid)
  })
  // What another account left is that account's to remove.
  for (const name of left) await removeFolder(join(tmpdir(), name)).catch(() => {})
  return left
}

/**
 * Finds the installation's database, starting the one npm brought when it does not run, or, where
 * nothing was installed yet, one in the rehearsal's own folder.
 * @throws with a sentence for the operator when it cannot be reached
 */
export async function findInstallation (
  environment: Environment, folder: string
): Promise<Installation> {
  const shared = environment.DATABASE_URL || undefined
  const events_url = environment.DATABASE_URL_EVENTS_SERVICE || shared
  const orders_url = environment.DATABASE_URL_ORDERS_SERVICE || shared
  if (events_url && orders_url) return {
    server_url: orders_url, source: { events_url, orders_url },
    found: `your PostgreSQL at ${placeOf(orders_url)}`, stop: nothing,
  }
  const postgres = postgresOf(resolve(root, environment.FERMATA_DATA || 'data'))
  const running = await findRunningPostgres(postgres)
  if (running.state === 'running') return ownOf(running.url, 'the database of the running Fermata')
  if (running.state === 'stopped') {
    const server = await startEmbeddedPostgres({ folder: postgres })
    return { ...ownOf(server.url, 'Fermata’s database, started for this'), stop: server.stop }
  }
  const server = await startEmbeddedPostgres({ folder: postgresOf(folder), no_sync_initdb: true })
  return {
    server_url: server.url, source: null,
    found: 'a new database, as nothing is installed here yet',
    async stop () {
      await server.stop()
      await rm(server.folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

const ownOf = (url: string, found: string): Installation =>
  ({ server_url: url, source: { events_url: url, orders_url: url }, found, stop: nothing })

/** Without user and password, which have no place on a screen. */
function placeOf (url: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url)
  const socket = searchParams.get('host')
  return `${socket ?? `${hostname}${port && `:${port}`}`}, database ${pathname.slice(1)}`
}

const base_bytes = 600 * 1024 ** 2
/** An estimate: rows, indexes and write-ahead log of a purchase with its mails take some 22 kB. */
const bytes_per_buyer = 30 * 1024
const megabyte = 1024 ** 2

/**
 * @throws when the disk of this machine could become full. Of another machine's we know nothing.
 */
export function checkDisk (folder: string, buyers: number): void {
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  const wanted = base_bytes + buyers * bytes_per_buyer
  if (free < wanted) throw new Error(
    `Only ${Math.floor(free / megabyte)} MB are free in ${folder}; this rehearsal may need ` +
    `${Math.ceil(wanted / megabyte)} MB. Free some, or rehearse with fewer --buyers.`)
}
