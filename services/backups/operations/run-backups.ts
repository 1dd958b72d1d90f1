import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import type { ServiceName } from '@fermata/contracts/services'
import { Problem } from '@fermata/platform/problem'
import { explain, putBack, type Copy } from '../check-part.ts'
import { BrokenCopy } from '../copies/broken-copy.ts'
import { manifest_file, writeManifest, type CopyPart } from '../copies/manifest.ts'
import { copiesOf } from '../copies/open-store.ts'
import { differingTable, digestOf, writePart } from '../copies/part.ts'
import type { Ctx } from '../context.ts'
import { keepElsewhere } from '../keep-elsewhere.ts'
import {
  findOpenBackup, markBackupCompleted, markBackupRunning,
  markPartCompleted, markPartRunning, markTaken, type BackupRow,
} from '../queries.ts'
import { removeOutdated } from '../remove-outdated.ts'
import { askServices, leave, takeMoment, type Moment } from '../take-moment.ts'
import { withLock } from '../queries/lock.ts'
import { failBackup } from './fail-backup.ts'

/**
 * A service that is just being restarted deserves a second chance; one that is gone is a failed
 * backup.
 */
const tries = 3
const pause_ms = 2000

/** Makes the backup that waits, or begins anew with the one a killed process left. */
export async function runBackups (ctx: Ctx, signal: AbortSignal): Promise<void> {
  if (!await findOpenBackup(ctx.db)) return
  await withLock(ctx, 'backups', async () => {
    const backup = await findOpenBackup(ctx.db)
    if (!backup) return
    await markBackupRunning(ctx.db, backup.id)
    const reasons = await copyAll(ctx, backup, signal)
    // It stays open, and the next start goes on with it.
    if (signal.aborted) return
    // Before it is seen as done, so that whoever waits for that finds nobody at work.
    await removeOutdated(ctx, { ...backup, status: reasons.size > 0 ? 'failed' : 'completed' })
    const elsewhere = await keepElsewhere(ctx, backup.id)
    if (reasons.size > 0 || elsewhere) {
      await failBackup(ctx, backup, reasons, backup.request_id, elsewhere)
    }
    else await ctx.transaction(tx => markBackupCompleted(tx, backup.id))
  })
}

/** @returns why there is no copy of a service, for each of which there is none */
async function copyAll (
  ctx: Ctx, backup: BackupRow, signal: AbortSignal
): Promise<Map<ServiceName, string>> {
  const services = backup.parts.map(part => part.service)
  const reasons = new Map<ServiceName, string>()
  const moment = await takePatiently(ctx, backup, services, signal)
  try {
    for (const [service, error] of moment.failed) reasons.set(service, explain(error))
    await markTaken(ctx.db, backup.id, moment.taken_at)
    const parts: CopyPart[] = []
    for (const [service, { stream }] of moment.copies) {
      if (signal.aborted) break
      await markPartRunning(ctx.db, backup.id, service)
      try {
        parts.push(await storeCopy(ctx, backup, service, stream))
      } catch (error) {
        ctx.log.warn({ err: error, service }, 'part of a backup failed')
        reasons.set(service, explain(error))
      }
    }
    if (!signal.aborted && parts.length > 0) await list(ctx, backup.id, moment.taken_at, parts)
  } finally {
    leave(moment)
  }
  return reasons
}

/** Writes down what there is, last, so that what has a list is there; elsewhere as well. */
async function list (
  ctx: Ctx, id: string, taken_at: string, parts: CopyPart[]
): Promise<void> {
  const { store, keys } = copiesOf(ctx.settings)
  await store.write(`${id}/${manifest_file}`, writeManifest(keys[0]!,
    { format: 'fermata-backup', version: 1, id, fermata: ctx.version, taken_at, parts }))
}

/** A service that is missing is waited for, within reason, since a moment of all is of all. */
async function takePatiently (
  ctx: Ctx, backup: BackupRow, services: ServiceName[], signal: AbortSignal
): Promise<Moment> {
  const source = askServices(ctx, backup.request_id ?? undefined)
  for (let attempt = 1; ; attempt++) {
    try {
      const moment = await takeMoment(source, services)
      const passing = [...moment.failed.values()].some(isPassing)
      if (!passing || attempt === tries || signal.aborted) return moment
      leave(moment)
    } catch (error) {
      if (attempt === tries || signal.aborted) {
        const failed = new Map(services.map(service => [service, error]))
        return { taken_at: new Date().toISOString(), copies: new Map(), failed }
      }
    }
    await pause(pause_ms, undefined, { signal }).catch(() => undefined)
  }
}

const isPassing = (error: unknown) => error instanceof Problem && error.definition.status === 503

/** Stores a service's copy and restores it into scratch tables before it may be called one. */
async function storeCopy (
  ctx: Ctx, backup: BackupRow, service: ServiceName, copy: Readable
): Promise<CopyPart> {
  const { store, keys } = copiesOf(ctx.settings)
  const part = await writePart(store, keys[0]!, backup.id, service, copy)
  const copied: Copy = { store, key: keys[0]!, backup_id: backup.id, part }
  const { tables } = await putBack(ctx, copied, 'scratch', backup.request_id ?? undefined)
  const changed = differingTable(part.tables, tables)
  if (changed !== null) throw new BrokenCopy(`The table ${changed} reads back differently.`)
  await markPartCompleted(ctx.db, backup.id, service, { ...part, sha256: digestOf(part) })
  return part
}
