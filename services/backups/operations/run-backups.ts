import { setTimeout as pause } from 'node:timers/promises'
import { exportRoute } from '@fermata/contracts/platform'
import type { ServiceName } from '@fermata/contracts/services'
import { Problem } from '@fermata/platform/problem'
import { explain, putBack } from '../check-part.ts'
import type { Ctx } from '../context.ts'
import { removeParts, storePart } from '../part-files.ts'
import {
  deleteBackup, findOpenBackup, listKept, markBackupCompleted, markBackupRunning,
  markPartCompleted, markPartRunning, withLock, type BackupRow,
} from '../queries.ts'
import { outdated, type Kept } from '../rules/retention.ts'
import { failBackup } from './fail-backup.ts'

/**
 * A service that is just being restarted deserves a second chance; one that is gone is a failed
 * backup.
 */
const tries = 3
const pause_ms = 2000

/** Makes the backup that waits, or goes on with the one a killed process left. */
export async function runBackups (ctx: Ctx, signal: AbortSignal): Promise<void> {
  if (!await findOpenBackup(ctx.db)) return
  await withLock(ctx, async () => {
    const backup = await findOpenBackup(ctx.db)
    if (!backup) return
    await markBackupRunning(ctx.db, backup.id)
    const reasons = new Map<ServiceName, string>()
    for (const part of backup.parts) {
      if (part.status === 'completed') continue
      const reason = await runPart(ctx, backup, part.service, signal)
      // It stays open, and the next start goes on with it.
      if (signal.aborted) return
      if (reason !== null) reasons.set(part.service, reason)
    }
    // Before it is seen as done, so that whoever waits for that finds nobody at work.
    await removeOutdated(ctx, { ...backup, status: reasons.size > 0 ? 'failed' : 'completed' })
    if (reasons.size > 0) await failBackup(ctx, backup, reasons, backup.request_id)
    else await ctx.transaction(tx => markBackupCompleted(tx, backup.id))
  })
}

/** @returns why there is no copy, or null */
async function runPart (
  ctx: Ctx, backup: BackupRow, service: ServiceName, signal: AbortSignal
): Promise<string | null> {
  await markPartRunning(ctx.db, backup.id, service)
  for (let attempt = 1; ; attempt++) {
    try {
      await copyPart(ctx, backup, service)
      return null
    } catch (error) {
      ctx.log.warn({ err: error, service, attempt }, 'part of a backup failed')
      const passing = error instanceof Problem && error.definition.status === 503
      if (!passing || attempt === tries || signal.aborted) return explain(error)
      await pause(pause_ms, undefined, { signal }).catch(() => undefined)
    }
  }
}

/** Stores a service's copy and restores it into scratch tables before it may be called one. */
async function copyPart (ctx: Ctx, backup: BackupRow, service: ServiceName): Promise<void> {
  const request_id = backup.request_id ?? undefined
  const copy = await ctx.callStream(exportRoute(service), { request_id })
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
