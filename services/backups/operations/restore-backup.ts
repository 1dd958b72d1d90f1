import { setTimeout as pause } from 'node:timers/promises'
import * as api from '@fermata/contracts/backups'
import { restoreMarkRoute, type ImportResult, type RestoreNote } from '@fermata/contracts/platform'
import { invalid } from '@fermata/contracts/problems'
import { statementRoute } from '@fermata/contracts/reconciliation'
import type { ServiceName } from '@fermata/contracts/services'
import { uuidv7 } from '@fermata/platform/ids'
import { Problem } from '@fermata/platform/problem'
import { explain, findCopy, putBack } from '../check-part.ts'
import type { Ctx, Operation } from '../context.ts'
import { countEndings, readEndings, toldOf } from '../copies/endings.ts'
import { copiesOf } from '../copies/open-store.ts'
import { differingTable } from '../copies/part.ts'
import { presentBackup } from '../present-backup.ts'
import {
  findBackup, markRestored, readCatalogue, replaceCatalogue, type BackupRow,
} from '../queries.ts'
import { findOpenReconciliation, openReconciliation } from '../queries/reconciliations.ts'
import { alone, requireStored, requireWhole } from './verify-backup.ts'

/**
 * Puts services back to where they were. All copies are proven before the first table is touched;
 * each service changes in one transaction of its own, and what is not done is written down.
 */
export const restoreBackup: Operation<typeof api.restoreBackup> = async (ctx, request) => {
  const { params, body, id: request_id } = request
  await alone(ctx, async () => {
    const backup = await requireStored(ctx, params.id, body.services)
    const services = body.services ?? backup.parts.map(part => part.service)
    refuseMissing(backup, services)
    await requireWhole(ctx, backup, services, request_id)
    const restored = await restoreAll(ctx, backup, services, request_id)
    const { id: reconciliation_id } = await compareSoon(ctx, services)
    await markRestored(ctx.db, backup.id, { services, ...restored, reconciliation_id })
  })
  return presentBackup((await findBackup(ctx.db, params.id))!)
}

/** @throws Problem `backups/half-restored` when some services are of then and some of now */
async function restoreAll (
  ctx: Ctx, backup: BackupRow, services: ServiceName[], request_id: string
): Promise<Omit<api.RestoreReport, 'services' | 'reconciliation_id'>> {
  const waiting = new Set(services)
  const notes: RestoreNote[] = []
  let rows = 0
  try {
    await markAll(ctx, backup, services, 'begun')
    for (const service of services) {
      const { tables, notes: own } = await restorePart(ctx, backup, service, request_id)
      waiting.delete(service)
      rows += tables.reduce((sum, table) => sum + table.rows, 0)
      notes.push(...own)
      ctx.log.warn({ backup_id: backup.id, restored: service }, 'a service was restored')
    }
    const ended = await endAgain(ctx, backup)
    await markAll(ctx, backup, services, 'done')
    return { rows, notes, ended }
  } catch (error) {
    // Where no answer came, or what was put back reads differently, something may be changed.
    const is_untouched = waiting.size === services.length && error instanceof Problem &&
      error.cause === undefined
    if (!is_untouched) {
      ctx.log.error({ err: error, backup_id: backup.id, waiting: [...waiting] }, 'half restored')
      throw new Problem(api.halfRestored, explain(error),
        { extensions: { services: waiting.size > 0 ? [...waiting] : services } })
    }
    // Nothing was changed; who cannot be told so says it at the next start.
    await markAll(ctx, backup, services, 'untouched').catch((failure: unknown) => {
      ctx.log.error({ err: failure }, 'the mark of a restore that did not begin could not be removed')
    })
    throw error
  }
}

/** Each service writes down in its own database what has become of a restore of it. */
async function markAll (
  ctx: Ctx, { id: backup_id }: BackupRow, services: ServiceName[],
  what: 'begun' | 'done' | 'untouched'
): Promise<void> {
  for (const service of services) {
    await ctx.call(restoreMarkRoute(service), { body: { backup_id, services, what } })
  }
}

/** Services are told what has ended since, and end it again. */
async function endAgain (
  ctx: Ctx, { id: backup_id, taken_at, created_at }: BackupRow
): Promise<api.RestoreReport['ended']> {
  const { store, elsewhere, keys } = copiesOf(ctx.settings)
  const since = taken_at ?? created_at
  const stores = elsewhere ? [store, elsewhere] : [store]
  const { endings, unread } = await readEndings(stores, keys, since)
  if (unread.length > 0) ctx.log.error({ unread }, 'what ended cannot be read')
  const restored_at = new Date().toISOString()
  await ctx.transaction(tx => ctx.publish(tx, api.copiesRestored,
    toldOf(endings).map(told => ({ backup_id, taken_at: since, restored_at, ...told }))))
  return countEndings(endings, since)
}

async function restorePart (
  ctx: Ctx, backup: BackupRow, service: ServiceName, request_id: string
): Promise<ImportResult> {
  const catalogue = service === 'backups' ? await readCatalogue(ctx.db) : undefined
  const result = await putBack(
    ctx, await findCopy(ctx, backup.id, service), 'live', request_id)
  if (catalogue) await ctx.transaction(tx => replaceCatalogue(tx, catalogue))
  const known = backup.parts.find(part => part.service === service)?.tables ?? []
  const changed = differingTable(known, result.tables)
  if (changed !== null) throw new Error(`${service}.${changed} was restored and reads back differently`)
  return result
}

/**
 * Events that were on their way in the copy are told first, or they would be what does not agree.
 */
const told_within_ms = 20_000
const look_ms = 200

async function compareSoon (ctx: Ctx, services: ServiceName[]): Promise<{ id: string }> {
  const until = performance.now() + told_within_ms
  // One that is open began before the restore, and would say what was so then.
  const isBusy = async () => await findOpenReconciliation(ctx.db) !== undefined ||
    await isTelling(ctx, services)
  while (performance.now() < until && await isBusy()) await pause(look_ms)
  const run = await openReconciliation(ctx.db, { id: uuidv7(), trigger: 'request' })
  ctx.resources.compare()
  return run
}

async function isTelling (ctx: Ctx, services: ServiceName[]): Promise<boolean> {
  const answers = await Promise.all(services.map(service => ctx.call(statementRoute(service), {
    body: { list: `${service}.unsent`, after: null, ids: null },
  }).catch(() => null)))
  return answers.some(answer => (answer?.lines.length ?? 0) > 0)
}

function refuseMissing (backup: BackupRow, services: ServiceName[]): void {
  const missing = services.filter(service => !backup.parts.some(part => part.service === service))
  if (missing.length === 0) return
  const message = `this backup has no copy of ${missing.join(', ')}`
  throw new Problem(invalid, undefined, { extensions: { errors: [{ field: 'services', message }] } })
}
