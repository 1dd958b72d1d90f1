import { backupFailed } from '@fermata/contracts/backups'
import type { ServiceName } from '@fermata/contracts/services'
import type { Ctx } from '../context.ts'
import { markBackupFailed, markPartFailed, type BackupRow } from '../queries.ts'

/** Says of which services there is no good copy and why, and tells the administrators. */
export async function failBackup (
  ctx: Ctx, backup: BackupRow, reasons: Map<ServiceName, string>, request_id: string | null,
  besides: string | null = null
): Promise<void> {
  const services = [...reasons.keys()]
  const error = [
    ...[...reasons].map(([service, reason]) => `${service}: ${reason}`), besides ?? [],
  ].flat().join(' ')
  ctx.log.error({ backup_id: backup.id, services, error }, 'backup failed')
  await ctx.transaction(async tx => {
    for (const [service, reason] of reasons) await markPartFailed(tx, backup.id, service, reason)
    const failed_at = await markBackupFailed(tx, backup.id, error)
    await ctx.publish(tx, backupFailed, [{ backup_id: backup.id, services, error, failed_at }],
      request_id ?? undefined)
  })
}
