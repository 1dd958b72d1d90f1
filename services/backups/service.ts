import * as api from '@fermata/contracts/backups'
import * as reconciliation from '@fermata/contracts/reconciliation'
import { credentialsDeleted } from '@fermata/contracts/auth'
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
import { getBackup } from './operations/get-backup.ts'
import {
  keepDeletedAccounts, keepEndings, keepErasedAddresses, keepVoidedTickets,
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
    route(api.verifyBackup, verifyBackup),
    route(api.restoreBackup, restoreBackup),
    route(reconciliation.listReconciliations, listReconciliations),
    route(reconciliation.startReconciliation, startReconciliation),
  ],
  subscriptions: [
    on(orderCanceled, keepEndings),
    on(orderRefunded, keepEndings),
    on(ticketVoided, keepVoidedTickets),
    on(credentialsDeleted, keepDeletedAccounts),
    on(addressErased, keepErasedAddresses),
  ],
  jobs: [
    cron<Ctx, unknown>('schedule-backup', ctx => ctx.settings.BACKUP_SCHEDULE, scheduleBackup),
    cron<Ctx, unknown>('schedule-reconciliation', ctx => ctx.settings.VERIFY_SCHEDULE,
      scheduleReconciliation),
  ],
  async start (ctx) {
    addReconciliationGauges(ctx)
    ctx.metrics.gauge('fermata_backup_age_seconds', 'Since the last backup that was completed, or '
      + 'since the start while there is none', { service: ctx.service },
    async () => await findBackupAge(ctx.db) ?? process.uptime())
    const { store, elsewhere } = copiesOf(ctx.settings)
    const mirrorEndings = createEndingsMirror(store, elsewhere)
    const backups = startLoop(async signal => {
      await mirrorEndings().catch((error: unknown) => {
        ctx.log.warn({ err: error }, 'what ended could not be written elsewhere')
      })
      await runBackups(ctx, signal)
    }, { name: 'run-backups', poll_ms: run_poll_ms, log: ctx.log })
    const comparisons = startLoop(signal => runReconciliations(ctx, signal),
      { name: 'run-reconciliations', poll_ms: run_poll_ms, log: ctx.log })
    return {
      wake: backups.wake, compare: comparisons.wake,
      async stop () {
        await Promise.all([backups.stop(), comparisons.stop()])
      },
    }
  },
  stop: ctx => ctx.resources.stop(),
})
