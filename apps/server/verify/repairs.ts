import type { MismatchKind, Mismatched } from '@fermata/contracts/reconciliation'
import type { ServiceName } from '@fermata/contracts/services'
import { createDatabase, createPool, type Db, type Tx } from '@fermata/platform/database'
import { markUnsent } from '@fermata/platform/message-queries'
import { recount } from '@fermata/orders/queries/recount'

/** What a command can mend without deciding anything for a person; the rest is told in words. */
export interface Repair {
  kinds: readonly MismatchKind[]
  /** What will be done to each, for whoever has to agree to it. */
  says: string
  mend: (tx: Tx, service: ServiceName, ids: string[]) => Promise<void>
}

/** Events and counters of one statement. */
const at_once = 500

export const repairs: Record<string, Repair> = {
  recount: {
    kinds: ['pool_miscounted', 'promo_code_miscounted'],
    says: 'set held and sold, or used, to what the orders add up to, behind the lock of the event',
    mend: async (tx, _, ids) => { await recount(tx, ids) },
  },
  redeliver: {
    kinds: ['event_without_effect'],
    says: 'send the event once more; who has handled it already leaves it alone',
    mend: async (tx, service, ids) => { await markUnsent(tx, service, ids) },
  },
}

/** What there is to mend of what was found. */
export const mendable = (
  { kinds }: Repair, found: ReadonlyMap<MismatchKind, Mismatched[]>
): Mismatched[] => kinds.flatMap(kind => found.get(kind) ?? [])

/** Mends what was found, some at a time, each time in one transaction. */
export async function repair (
  { mend }: Repair, wrong: Mismatched[], urls: ReadonlyMap<ServiceName, string>
): Promise<void> {
  for (const [service, theirs] of Map.groupBy(wrong, one => one.service)) {
    const pool = createPool({
      url: urls.get(service)!, max_connections: 1, application_name: 'fermata-verify',
    })
    const db = createDatabase(pool) as Db
    try {
      for (let at = 0; at < theirs.length; at += at_once) {
        const ids = theirs.slice(at, at + at_once).map(({ id }) => id)
        await db.transaction().execute(tx => mend(tx, service, ids))
      }
    } finally {
      await db.destroy()
    }
  }
}
