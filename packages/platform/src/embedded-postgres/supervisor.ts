import { mkdir, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { findBinaries, usableBinaries, type Binaries } from './binaries.ts'
import {
  checkData, choosePlace, createData, makeRequestedFolder, removeDrafts, stateFolder, type Place,
} from './data-folder.ts'
import { ensureDatabase, serverUrl } from './first-connection.ts'
import { explainError } from './explain.ts'
import { lockFolder, type FolderLock } from './lock.ts'
import type { Endpoint } from './server-settings.ts'
import { startOrAdopt } from './start-or-adopt.ts'
import { watch } from './watch.ts'

export interface EmbeddedPostgres {
  /** For `pg`: through a Unix socket, on Windows through loopback. */
  url: string
  /**
   * Where data and log live; not the requested folder when the server's account could not reach
   * that.
   */
  folder: string
  started_in_ms: number
  /** True when a server left by a killed Fermata was taken over as it ran. */
  adopted: boolean
  /** True when the data were made by this start. */
  first_start: boolean
  /** Sentences for the start message. */
  notes: string[]
  /** Fast shutdown, by force after a deadline; nine seconds at most. May be called twice. */
  stop(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  folder: string
  /** Created when absent. Default `fermata`. */
  database?: string
  /** Server settings over ours, for tests and benches, e.g. `{ fsync: 'off' }`. */
  settings?: Record<string, string>
  /** A faster first start that a power cut may spoil: for tests. */
  no_sync_initdb?: boolean
  /** `tcp` where there are no Unix sockets. Default: by system. */
  transport?: Endpoint['transport']
  log?: (line: string) => void
}

/**
 * Starts the PostgreSQL that npm brought, or takes over the one a killed Fermata left, and keeps it
 * running until `stop`. Throws an Error whose message says in plain words what is wrong and what to
 * do.
 */
export async function startEmbeddedPostgres (
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const begin = performance.now()
  const requested = resolve(options.folder)
  const found = findBinaries()
  await makeRequestedFolder(requested)
  const lock = await lockFolder(requested)
  try {
    const started = await startLocked(await realpath(requested), found, options, lock)
    return { ...started, started_in_ms: Math.round(performance.now() - begin) }
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function startLocked (
  requested: string, found: Binaries, options: EmbeddedPostgresOptions, lock: FolderLock,
): Promise<Omit<EmbeddedPostgres, 'started_in_ms'>> {
  const log = options.log ?? (() => {})
  const place = await choosePlace(requested)
  await removeDrafts(place)
  const first_start = !await checkData(place, found.major)
  const binaries = await usableBinaries(found, place.account, () => copyFolder(place))
  if (binaries !== found) place.notes.push(`PostgreSQL runs from a copy of its programs in ${binaries.native}.`)
  if (first_start) await createData(place, binaries, options.no_sync_initdb ?? false)
  const transport = options.transport ?? (process.platform === 'win32' ? 'tcp' : 'socket')
  const choice = { transport, settings: options.settings ?? {} }
  const outcome = await startOrAdopt(place, binaries, choice, log)
  const watcher = watch(outcome.running, place, binaries, outcome.config, log)
  try {
    const urlOf = (name: string) => serverUrl(outcome.endpoint, name, outcome.password)
    const url = await ensureDatabase(urlOf, options.database ?? 'fermata')
    const stop = async () => {
      await watcher.stop()
      await lock.release()
    }
    const { folder, notes } = place
    return { url, folder, adopted: outcome.adopted, first_start, notes, stop }
  } catch (error) {
    await watcher.stop()
    throw explainError(error, place.folder)
  }
}

/** Root shares one copy between all its Fermatas; an ordinary user keeps it beside the data. */
async function copyFolder (place: Place): Promise<string> {
  if (place.account.uid !== undefined) return stateFolder(place.account)
  const folder = join(place.folder, 'programs')
  await mkdir(folder, { recursive: true })
  return folder
}
