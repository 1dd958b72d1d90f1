import {
  askServices, reconcile, type Reconciled, type ReconcileOptions,
} from '@fermata/backups/reconcile'
import type { ServiceName } from '@fermata/contracts/services'
import type { Context } from '@fermata/platform/service'
import { askDatabases } from './ask-databases.ts'

export type { Reconciled }

/** Compares what the services of an installation hold, in their databases; reads only. */
export async function verify (
  urls: ReadonlyMap<ServiceName, string>, options: ReconcileOptions = {}
): Promise<Reconciled> {
  const { asks, close } = askDatabases(urls)
  try {
    return await reconcile(asks, options)
  } finally {
    await close()
  }
}

/** Compares by the routes of services that run; `ctx` is that of backups. */
export const verifyRunning = (ctx: Pick<Context, 'call'>, options: ReconcileOptions = {}) =>
  reconcile(askServices(ctx), options)
