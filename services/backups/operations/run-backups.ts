import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import type { ServiceName } from '@fermata/contracts/services'
import { Problem } from '@fermata/platform/problem'
import { explain, putBack } from '../check-part.ts'
import type { Ctx } from '../context.ts'
import { removeParts, storePart } from '../part-files.ts'
import {
  deleteBackup, findOpenBackup, listKept, markBackupCompleted, markBackupRunning,
  markPartCompleted, markPartRunning, markTaken, withLock, type BackupRow,
} from '../queries.ts'
import { outdated, type Kept } from '../rules/retention.ts'
import { leave, takeMoment, type Moment } from '../take-moment.ts'
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
  await withLock(ctx, async () => {
    const backup = await findOpenBackup(ctx.db)
    if (!backup) return
    await markBackupRunning(ctx.db, backup.id)
    const reasons = await copyAll(ctx, backup, signal)
    // It stays open, and the next start goes on with it.
    if (signal.aborted) return
    // Before it is seen as done, so that whoever waits for that finds nobody at work.
    await removeOutdated(ctx, { ...backup, status: reasons.size > 0 ? 'failed' : 'completed' })
    if (reasons.size > 0) await failBackup(ctx, backup, reasons, backup.request_id)
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
    for (const [service, { stream }] of moment.copies) {
      if (signal.aborted) break
      await markPartRunning(ctx.db, backup.id, service)
      try {
        await storeCopy(ctx, backup, service, stream)
      } catch (error) {
        ctx.log.warn({ err: error, service }, 'part of a backup failed')
        reasons.set(service, explain(error))
      }
    }
  } finally {
    leave(moment)
  }
  return reasons
}

/** A service that is missing is waited for, within reason, since a moment of all is of all. */
async function takePatiently (
  ctx: Ctx, backup: BackupRow, services: ServiceName[], signal: AbortSignal
): Promise<Moment> {
  for (let attempt = 1; ; attempt++) {
    try {
      const moment = await takeMoment(ctx, services, backup.request_id ?? undefined)
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
): Promise<void> {
  const request_id = backup.request_id ?? undefined
  const file = await storePart(ctx.settings.BACKUP_DIR, backup.id, service, copy)
  const tables = await putBack(ctx, backup.id, service, 'scratch', request_id)
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  await markPartCompleted(ctx.db, backup.id, service, { ...file, rows, tables })
}

/**
 * The files first: a row without files tells of the loss, files without a row would lie there for
 * ever.
 */
async function removeOutdated (ctx: Ctx, current: Kept): Promise<void> {
  const { BACKUP_KEEP_LAST: keep_last, BACKUP_KEEP_DAYS: keep_days } = ctx.settings
  const others = (await listKept(ctx.db)).filter(backup => backup.id !== current.id)
  for (const id of outdated([...others, current], { keep_last, keep_days })) {
    await removeParts(ctx.settings.BACKUP_DIR, id)
    await deleteBackup(ctx.db, id)
  }
}
