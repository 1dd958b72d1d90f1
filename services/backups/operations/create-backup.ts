import * as api from '@fermata/contracts/backups'
import { serviceNames } from '@fermata/contracts/services'
import { uuidv7 } from '@fermata/platform/ids'
import { Problem } from '@fermata/platform/problem'
import type { Ctx, Operation } from '../context.ts'
import { presentBackup } from '../present-backup.ts'
import { findBackup, insertBackup } from '../queries.ts'
import { isIdle } from '../queries/lock.ts'

/** An administrator wants a backup now; it is made in the background. */
export const createBackup: Operation<typeof api.createBackup> = async (ctx, request) => {
  const services = request.body.services ?? serviceNames
  const backup = await ctx.write(request, async tx => {
    const row = { id: uuidv7(), trigger: 'request' as const, services, request_id: request.id }
    if (!await isIdle(tx) || !await insertBackup(tx, row)) throw new Problem(api.underWay)
    return presentBackup((await findBackup(tx, row.id))!)
  })
  ctx.resources.wake()
  return backup
}

/**
 * By the clock, everything; skipped while another one is open, as that one is about to say the
 * same.
 */
export async function scheduleBackup (ctx: Ctx): Promise<void> {
  const row = { id: uuidv7(), trigger: 'schedule' as const, services: serviceNames, request_id: null }
  const inserted = await ctx.transaction(tx => insertBackup(tx, row))
  if (!inserted) ctx.log.warn('a scheduled backup was skipped: another one is not done')
  ctx.resources.wake()
}
