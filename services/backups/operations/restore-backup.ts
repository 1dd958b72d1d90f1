import * as api from '@fermata/contracts/backups'
import { invalid } from '@fermata/contracts/problems'
import type { ServiceName } from '@fermata/contracts/services'
import { Problem } from '@fermata/platform/problem'
import { differingTable, findCopy, putBack } from '../check-part.ts'
import type { Ctx, Operation } from '../context.ts'
import { readEndings, toldOf } from '../copies/endings.ts'
import { copiesOf } from '../copies/open-store.ts'
import { presentBackup } from '../present-backup.ts'
import {
  findBackup, markRestored, readCatalogue, replaceCatalogue, type BackupRow,
} from '../queries.ts'
import { alone, requireStored, requireWhole } from './verify-backup.ts'

/**
 * Puts services back to where they were. All copies are proven before the first table is touched;
 * each service changes in one transaction of its own.
 */
export const restoreBackup: Operation<typeof api.restoreBackup> = async (ctx, request) => {
  const { params, body, id: request_id } = request
  await alone(ctx, async () => {
    const backup = await requireStored(ctx, params.id, body.services)
    const services = body.services ?? backup.parts.map(part => part.service)
    refuseMissing(backup, services)
    await requireWhole(ctx, backup, services, request_id)
    for (const service of services) {
      await restorePart(ctx, backup, service, request_id)
      ctx.log.warn({ backup_id: backup.id, restored: service }, 'a service was restored')
    }
    await endAgain(ctx, backup)
    await markRestored(ctx.db, backup.id)
  })
  return presentBackup((await findBackup(ctx.db, params.id))!)
}

/** Services are told what has ended since, and end it again. */
async function endAgain (ctx: Ctx, { id: backup_id, taken_at, created_at }: BackupRow) {
  const { store, elsewhere, keys } = copiesOf(ctx.settings)
  const since = taken_at ?? created_at
  const stores = elsewhere ? [store, elsewhere] : [store]
  const { endings, unread } = await readEndings(stores, keys, since)
  if (unread.length > 0) ctx.log.error({ unread }, 'what ended cannot be read')
  const restored_at = new Date().toISOString()
  await ctx.transaction(tx => ctx.publish(tx, api.copiesRestored,
    toldOf(endings).map(told => ({ backup_id, taken_at: since, restored_at, ...told }))))
}

async function restorePart (
  ctx: Ctx, backup: BackupRow, service: ServiceName, request_id: string
): Promise<void> {
  const catalogue = service === 'backups' ? await readCatalogue(ctx.db) : undefined
  const tables = await putBack(
    ctx, await findCopy(ctx, backup.id, service), 'live', request_id)
  if (catalogue) await ctx.transaction(tx => replaceCatalogue(tx, catalogue))
  const known = backup.parts.find(part => part.service === service)?.tables ?? []
  const changed = differingTable(known, tables)
  if (changed !== null) throw new Error(`${service}.${changed} was restored and reads back differently`)
}

function refuseMissing (backup: BackupRow, services: ServiceName[]): void {
  const missing = services.filter(service => !backup.parts.some(part => part.service === service))
  if (missing.length === 0) return
  const message = `this backup has no copy of ${missing.join(', ')}`
  throw new Problem(invalid, undefined, { extensions: { errors: [{ field: 'services', message }] } })
}
