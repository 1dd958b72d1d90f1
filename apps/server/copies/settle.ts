import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { RestoreNote } from '@fermata/contracts/platform'
import type { Mismatched } from '@fermata/contracts/reconciliation'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { countWaiting } from '@fermata/platform/message-queries'
import type { ServiceDefinition } from '@fermata/platform/service'
import type { Environment } from '@fermata/platform/settings'
import { startSystem, type System } from '@fermata/platform/system'
import { loadSecrets, readSecrets, secretsFile, signatures } from '../secrets.ts'
import { allServices } from '../services.ts'
import { mendable, repair, repairs } from '../verify/repairs.ts'
import { verify, type Reconciled } from '../verify/verify.ts'
import { withDatabase } from './with-database.ts'

export interface SettleOptions {
  environment: Environment
  /** Of the installation, where its secrets are. */
  folder: string
  urls: ReadonlyMap<ServiceName, string>
  /** Which services were put back. */
  restored: readonly ServiceName[]
}

export interface Settled {
  /** What the services hold then, compared. */
  result: Reconciled
  /** What did not agree and was mended, by the name of the repair. */
  mended: { name: string, says: string, wrong: Mismatched[] }[]
  notes: RestoreNote[]
}

/** Where mails came back nobody is mailed while the past catches up. */
const withoutMails = (definition: ServiceDefinition): ServiceDefinition =>
  definition.name === 'notifications' ? { ...definition, timers: [] } : definition

/**
 * Lets the services have the effects of what was copied, without a door, and compares what they
 * hold. What still does not agree, as after a restore of some services, is mended: events are sent
 * once more, then orders that are not there are given up.
 * @throws with a sentence where they cannot run here, e.g. for want of a secret
 */
export async function settle (options: SettleOptions): Promise<Settled> {
  const { urls } = options
  const system = await startQuietly(options)
  const settled: Omit<Settled, 'result'> = { mended: [], notes: [] }
  const compareNow = () => compare(system, options, settled)
  try {
    let { result, is_quiet } = await compareNow()
    for (const name of ['redeliver', 'recount', 'give-up']) {
      const chosen = repairs[name]!
      const wrong = mendable(chosen, result.found)
        .filter(one => name !== 'give-up' || is_quiet || isOrderGone(one))
      if (wrong.length === 0) continue
      await repair(chosen, wrong, urls)
      settled.mended.push({ name, says: chosen.says, wrong })
      const now = await compareNow()
      result = now.result
      is_quiet = now.is_quiet
    }
    return { ...settled, result }
  } finally {
    await system.stop()
  }
}

/** @throws where a secret is not there: one that were made here would not be the one that serves */
async function startQuietly (options: SettleOptions): Promise<System> {
  const { environment, folder, urls, restored } = options
  const kept = await readSecrets(secretsFile(folder))
  const values = kept && 'values' in kept ? kept.values : {}
  const missing = signatures.filter(name =>
    name !== 'ORDER_SIGNATURE' && !environment[name] && !values[name])
  if (missing.length > 0) throw new Error(`${missing.join(', ')} are not here.`)
  const databaseUrl = (name: ServiceName) => urls.get(name)!
  const secrets = await loadSecrets(folder, environment, signatures, databaseUrl)
  const { NATS_URL: _, ...rest } = environment
  const all = serviceNames.map(name => allServices[name])
  const system = await startSystem({
    services: restored.includes('notifications') ? all.map(withoutMails) : all, databaseUrl,
    environment: {
      BACKUP_DIR: join(folder, 'backups'), ...rest, ...secrets, LOG_LEVEL: 'fatal',
    },
  })
  await system.app.ready()
  return system
}

/**
 * What is on its way may still complete an order that waits to be paid, and its money stays; it
 * makes none that is not there.
 */
const isOrderGone = ({ detail }: Mismatched) => detail.startsWith('order unknown')

/** Events that fail are tried again for longer than this; what they are about then waits. */
const no_progress_ms = 20_000
const most_ms = 30 * 60_000
const look_ms = 200

/** @returns whether all were, in the end */
async function untilDelivered (system: System): Promise<boolean> {
  const began = performance.now()
  let [least, at] = [Infinity, began]
  for (;;) {
    const counts = await Promise.all([...system.contexts.values()].map(
      async ({ db, service }) => (await countWaiting(db, service)).outbox))
    const waiting = counts.reduce((sum, count) => sum + count, 0)
    const now = performance.now()
    if (waiting < least) [least, at] = [waiting, now]
    if (waiting === 0) return true
    if (now - at > no_progress_ms || now - began > most_ms) return false
    await pause(look_ms)
  }
}

/** What is due by the clock, as holds that ended meanwhile, takes the services a moment. */
const rounds = 3

async function compare (
  system: System, { urls, restored }: SettleOptions, { notes }: Pick<Settled, 'notes'>
): Promise<{ result: Reconciled, is_quiet: boolean }> {
  for (let round = 1; ; round++) {
    const is_quiet = await untilDelivered(system)
    if (restored.includes('notifications')) notes.push(...await holdBack(urls))
    const result = await verify(urls, { settle_ms: 1000, older_than_ms: 0 })
    if (result.mismatches.length === 0 || !is_quiet || round === rounds) return { result, is_quiet }
  }
}

/** What was to be mailed meanwhile may have been mailed after the copy, as what waited in it. */
const holdBack = (urls: SettleOptions['urls']): Promise<RestoreNote[]> =>
  withDatabase(urls.get('notifications')!, db => db.transaction().execute(async tx =>
    await allServices.notifications.afterRestore?.(tx) ?? []))
