import type { StoredBackup } from '@fermata/backups/copies/check-copy'
import { toldOf, type Ending } from '@fermata/backups/copies/endings'
import type { CopyPart } from '@fermata/backups/copies/manifest'
import { differingTable, digestOf, readPart } from '@fermata/backups/copies/part'
import type { CopyStore } from '@fermata/backups/copies/store'
import { copiesRestored } from '@fermata/contracts/backups'
import type { DataOf } from '@fermata/contracts/define'
import type { RestoreNote } from '@fermata/contracts/platform'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import type { Db } from '@fermata/platform/database'
import { endRestore, importTables } from '@fermata/platform/import'
import { insertOutbox } from '@fermata/platform/message-queries'
import { migrate } from '@fermata/platform/migrate'
import {
  clearRestoring, findRestoring, markChanged, markRestoring,
} from '@fermata/platform/restore-mark'
import { allServices } from '../services.ts'
import { completeBackup, countRows, dropService, hasOutbox, listUsers } from './queries.ts'
import { withDatabase } from './with-database.ts'

export interface RestoreOptions {
  store: CopyStore
  stored: StoredBackup
  parts: readonly CopyPart[]
  /** Of the role that owns each service's database; nobody else is connected. */
  urlOf: (service: ServiceName) => string
  /** What has ended since, from beside the copies. */
  endings: readonly Ending[]
  /** Hears of rows as they are put back. */
  tell?: (service: ServiceName, rows: number) => void
}

/** Services that hold rows, unless a restore that was cut off put them there. */
export interface Found { service: ServiceName, rows: number }

/**
 * What is in the way of a restore: rows of services, but not those that a restore put there which
 * was cut off. One that was only marked holds what it always held.
 */
export async function findRows (
  { parts, urlOf }: Pick<RestoreOptions, 'parts' | 'urlOf'>
): Promise<Found[]> {
  const found: Found[] = []
  for (const { service } of parts) await withDatabase(urlOf(service), async db => {
    if ((await findRestoring(db)).some(half =>
      half.service === service && half.progress === 'changed')) return
    const rows = await countRows(db, service)
    if (rows) found.push({ service, rows })
  })
  return found
}

/** Processes of Fermata that are connected, by the names they give themselves. */
export async function findUsers (urlOf: RestoreOptions['urlOf']): Promise<string[]> {
  const users = new Set<string>()
  for (const url of new Set(serviceNames.map(urlOf))) {
    for (const name of await withDatabase(url, listUsers)) users.add(name)
  }
  return [...users].sort()
}

/**
 * Puts services back as they were, each in tables of the version that was copied, and then brings
 * them up to date. Until all are there no Fermata starts on the database: one that was cut off is
 * done again from the beginning.
 * @throws Problem `platform/import-mismatch`, or an error with a sentence; the mark stays
 */
export async function restoreCopy (options: RestoreOptions): Promise<RestoreNote[]> {
  const { parts, urlOf, stored } = options
  const inDatabases = async (work: (db: Db, services: string[]) => Promise<void>) => {
    for (const [url, theirs] of Map.groupBy(parts, ({ service }) => urlOf(service))) {
      await withDatabase(url, db => work(db, theirs.map(({ service }) => service)))
    }
  }
  const restoring = {
    backup_id: stored.manifest.id, services: parts.map(({ service }) => service),
  }
  await inDatabases((db, services) => markRestoring(db, restoring, services))
  const notes = await restoreParts(options)
  await endAgain(options)
  await inDatabases(clearRestoring)
  return notes
}

/** One fills tables while the other reads them back. */
const parts_at_once = 2

/** The largest first, or the last one would be waited for alone. */
async function restoreParts (options: RestoreOptions): Promise<RestoreNote[]> {
  const waiting = options.parts.toSorted((a, b) => b.bytes - a.bytes)
  const notes: RestoreNote[] = []
  const work = async () => {
    for (let part = waiting.shift(); part; part = waiting.shift()) {
      notes.push(...await restorePart(options, part).catch((error: unknown) => {
        waiting.length = 0
        throw error
      }))
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: parts_at_once }, work))
  // Nobody is at work any more when it is told that one has failed.
  for (const one of ended) if (one.status === 'rejected') throw one.reason
  return notes
}

/** Services are told at the next start what has ended since, and end it again. */
async function endAgain ({ endings, stored, urlOf }: RestoreOptions): Promise<void> {
  const { id: backup_id, taken_at } = stored.manifest
  const restored_at = new Date().toISOString()
  if (endings.length === 0) return
  await withDatabase(urlOf('backups'), async db => {
    // Where services are restored alone, the tables of who tells them are those that were there.
    if (!await hasOutbox(db, 'backups')) throw new Error(
      'What has ended since cannot be told to the services: restore backups with them.')
    const events = toldOf(endings).map(told => ({
      request_id: null,
      data: { backup_id, taken_at, restored_at, ...told } satisfies DataOf<typeof copiesRestored>,
    }))
    await db.transaction().execute(tx => insertOutbox(tx, 'backups', copiesRestored.type, events))
  })
}

function restorePart (options: RestoreOptions, part: CopyPart): Promise<RestoreNote[]> {
  const { store, stored: { manifest, key }, parts, urlOf, tell } = options
  const { service } = part
  const definition = allServices[service]
  return withDatabase(urlOf(service), async (db, pool) => {
    await db.transaction().execute(tx => markChanged(tx, manifest.id, service))
    await dropService(db, service)
    await migrate(db, service, definition.migrations, part.migrations)
    const copy = readPart(store, key, manifest.id, part)
    const { tables } = await importTables(pool, copy, { service, target: 'live' })
    const changed = differingTable(part.tables, tables)
    if (changed !== null) throw new Error(`${service}.${changed} reads back differently.`)
    await migrate(db, service, definition.migrations)
    const notes = await db.transaction().execute(tx => endRestore(tx, definition))
    if (service === 'backups') {
      await completeBackup(db, manifest.id, parts.map(one => ({ ...one, sha256: digestOf(one) })))
    }
    tell?.(service, part.rows)
    return notes
  })
}
