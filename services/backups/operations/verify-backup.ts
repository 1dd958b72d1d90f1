import * as api from '@fermata/contracts/backups'
import { notFound } from '@fermata/contracts/problems'
import type { ServiceName } from '@fermata/contracts/services'
import { Problem } from '@fermata/platform/problem'
import { checkPart } from '../check-part.ts'
import type { Ctx, Operation } from '../context.ts'
import { isElsewhere, keepElsewhere } from '../keep-elsewhere.ts'
import { presentBackup } from '../present-backup.ts'
import { findBackup, markWhole, type BackupRow } from '../queries.ts'
import { withLock } from '../queries/lock.ts'
import { failBackup } from './fail-backup.ts'

/**
 * Proves once more that a backup can be restored; what the disk has done to it since is found here,
 * and so is that a part is whole again.
 */
export const verifyBackup: Operation<typeof api.verifyBackup> = async (ctx, { params, id }) => {
  await alone(ctx, async () => {
    const backup = await requireStored(ctx, params.id)
    await requireWhole(ctx, backup, backup.parts.map(part => part.service), id)
    await requireElsewhere(ctx, backup, id)
    await ctx.transaction(tx => markWhole(tx, backup.id))
  })
  return presentBackup((await findBackup(ctx.db, params.id))!)
}

/** @throws Problem `backups/under-way` while a backup, check or restore is at work */
export async function alone (ctx: Ctx, work: () => Promise<void>): Promise<void> {
  if (!await withLock(ctx, 'backups', work)) throw new Problem(api.underWay)
}

/**
 * @param services that are wanted of it; absent, all that it has
 * @throws Problem 404, or `backups/not-completed` when it never had a copy of one of them
 */
export async function requireStored (
  ctx: Ctx, id: string, services?: ServiceName[]
): Promise<BackupRow> {
  const backup = await findBackup(ctx.db, id)
  if (!backup) throw new Problem(notFound)
  const wanted = backup.parts.filter(({ service }) => services?.includes(service) ?? true)
  const is_over = backup.status === 'completed' || backup.status === 'failed'
  if (!is_over || wanted.some(({ sha256 }) => sha256 === null)) {
    throw new Problem(api.notCompleted, `The backup is ${backup.status}.`,
      { extensions: { backup_status: backup.status } })
  }
  return backup
}

/** @throws Problem `backups/damaged`; the backup counts as failed until it is whole again */
export async function requireWhole (
  ctx: Ctx, backup: BackupRow, services: ServiceName[], request_id: string
): Promise<void> {
  const reasons = new Map<ServiceName, string>()
  for (const part of backup.parts) {
    if (!services.includes(part.service)) continue
    const reason = await checkPart(ctx, backup, part, request_id)
    if (reason !== null) reasons.set(part.service, reason)
  }
  if (reasons.size === 0) return
  await failBackup(ctx, backup, reasons, request_id)
  throw new Problem(api.damaged, [...reasons.values()].join(' '),
    { extensions: { services: [...reasons.keys()] } })
}

/** @throws Problem `backups/not-elsewhere` when it is not, and cannot be put, where it should be */
async function requireElsewhere (ctx: Ctx, backup: BackupRow, request_id: string): Promise<void> {
  if (await isElsewhere(ctx, backup.id)) return
  const reason = await keepElsewhere(ctx, backup.id)
  if (reason === null) return
  await failBackup(ctx, backup, new Map(), request_id, reason)
  throw new Problem(api.notElsewhere, reason)
}
