import * as api from '@fermata/contracts/backups'
import * as reconciliation from '@fermata/contracts/reconciliation'
import { credentialsDeleted, passwordChanged, rolesChanged } from '@fermata/contracts/auth'
import { memberChanged } from '@fermata/contracts/events'
import { orderCanceled, orderRefunded } from '@fermata/contracts/orders'
import { ticketVoided } from '@fermata/contracts/tickets'
import { addressErased } from '@fermata/contracts/users'
import { cron } from '@fermata/platform/jobs'
import { startLoop } from '@fermata/platform/loop'
import { on } from '@fermata/platform/messages'
import { defineService, route } from '@fermata/platform/service'
import { BackupsSettings } from './config.ts'
import type { Ctx } from './context.ts'
import { createBackup, scheduleBackup } from './operations/create-backup.ts'
import { createEndingsMirror } from './copies/endings.ts'
import { copiesOf } from './copies/open-store.ts'
import { catchUpElsewhere } from './keep-elsewhere.ts'
import { getBackup } from './operations/get-backup.ts'
import { getLosses } from './operations/get-losses.ts'
import {
  keepChangedMembers, keepChangedPasswords, keepDeletedAccounts, keepEndings,
  keepErasedAddresses, keepRights, keepVoidedTickets,
} from './operations/keep-endings.ts'
import { listBackups } from './operations/list-backups.ts'
import { listReconciliations } from './operations/list-reconciliations.ts'
import { restoreBackup } from './operations/restore-backup.ts'
import { runBackups } from './operations/run-backups.ts'
import {
  addReconciliationGauges, runReconciliations,
} from './operations/run-reconciliations.ts'
import { scheduleReconciliation, startReconciliation } from './operations/start-reconciliation.ts'
import { verifyBackup } from './operations/verify-backup.ts'
import { personalData } from './personal-data.ts'
import { findBackupAge } from './queries.ts'

/** How soon another process, or the next start, goes on with a backup that was left. */
const run_poll_ms = 2000

export default defineService<Ctx>({
  name: 'backups',
  personal_data: personalData,
  migrations: new URL('./migrations/', import.meta.url),
  settings: BackupsSettings,
  routes: [
    route(api.listBackups, listBackups),
    route(api.createBackup, createBackup),
    route(api.getBackup, getBackup),
    route(api.getLosses, getLosses),
    route(api.verifyBackup, verifyBackup),
    route(api.restoreBackup, restoreBackup),
    route(reconciliation.listReconciliations, listReconciliations),
    route(reconciliation.startReconciliation, startReconciliation),
  ],
  subscriptions: [
    on(orderCanceled, keepEndings),
    on(orderRefunded, keepEndings),
    on(api.orderGivenUp, keepEndings),
    on(ticketVoided, keepVoidedTickets),
    on(credentialsDeleted, keepDeletedAccounts),
    on(addressErased, keepErasedAddresses),
    on(rolesChanged, keepRights),
    on(memberChanged, keepChangedMembers),
    on(passwordChanged, keepChangedPasswords),
  ],
  jobs: [
    cron<Ctx, unknown>('schedule-backup', ctx => ctx.settings.BACKUP_SCHEDULE, scheduleBackup),
    cron<Ctx, unknown>('schedule-reconciliation', ctx => ctx.settings.VERIFY_SCHEDULE,
      scheduleReconciliation),
  ],
  async start (ctx) {
    addReconciliationGauges(ctx)
    ctx.metrics.gauge('fermata_backup_age_seconds', 'Since the last backup that was completed, or '
      + 'since the installation while there is none', { service: ctx.service },
    async () => await findBackupAge(ctx.db) ?? 0)
    const { store, elsewhere } = copiesOf(ctx.settings)
    const endings = createEndingsMirror(store, elsewhere)
    const sendEndings = patiently(ctx, async () => {
      await endings.send()
      return true
    })
    const catchUp = patiently(ctx, () => catchUpElsewhere(ctx))
    const backups = startLoop(async signal => {
      await sendEndings()
      await runBackups(ctx, signal)
      await catchUp()
    }, { name: 'run-backups', poll_ms: run_poll_ms, log: ctx.log })
    const comparisons = startLoop(signal => runReconciliations(ctx, signal),
      { name: 'run-reconciliations', poll_ms: run_poll_ms, log: ctx.log })
    return {
      endings, wake: backups.wake, compare: comparisons.wake,
      async stop () {
        await Promise.all([backups.stop(), comparisons.stop()])
      },
    }
  },
  stop: ctx => ctx.resources.stop(),
})

/** A store that is away, or that has all, is asked again after that. */
const away_poll_ms = 60_000

/** Works whenever it is called while there is more to do, else no more often than once a minute. */
function patiently (ctx: Ctx, work: () => Promise<boolean>): () => Promise<void> {
  let next_ms = -Infinity
  return async () => {
    if (performance.now() < next_ms) return
    const is_more = await work().catch((error: unknown) => {
      ctx.log.warn({ err: error }, 'the store away from this machine cannot be written')
      return false
    })
    if (!is_more) next_ms = performance.now() + away_poll_ms
  }
}
