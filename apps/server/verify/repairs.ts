import { orderGivenUp } from '@fermata/contracts/backups'
import type { DataOf } from '@fermata/contracts/define'
import type { MismatchKind, Mismatched } from '@fermata/contracts/reconciliation'
import type { ServiceName } from '@fermata/contracts/services'
import { createDatabase, createPool, type Tx } from '@fermata/platform/database'
import { rowsOf } from '@fermata/platform/event-bundles'
import { insertOutbox, markUnsent } from '@fermata/platform/message-queries'
import { recount } from '@fermata/orders/queries/recount'

/** What a command can mend without deciding anything for a person; the rest is told in words. */
export interface Repair {
  kinds: readonly MismatchKind[]
  /** What will be done to each, for whoever has to agree to it. */
  says: string
  /** Whose database it is done in; by default that of the service that states the rows. */
  at?: ServiceName
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
    mend: async (tx, service, ids) => { await markUnsent(tx, service, rowsOf(ids)) },
  },
  'give-up': {
    kinds: ['payment_without_order', 'ticket_without_order'],
    says: 'give back the money that is kept for the order, and make its tickets void',
    at: 'backups',
    mend: (tx, _, ids) => giveUp(tx, ids),
  },
}

/** Whoever keeps money or tickets for these orders hears of it as of every event. */
async function giveUp (tx: Tx, order_ids: string[]): Promise<void> {
  const given_up_at = new Date().toISOString()
  await insertOutbox(tx, 'backups', orderGivenUp.type, order_ids.map(order_id => ({
    request_id: null,
    data: { order_id, given_up_at, reason: 'lost' } satisfies DataOf<typeof orderGivenUp>,
  })))
}

/** What there is to mend of what was found. */
export const mendable = (
  { kinds }: Repair, found: ReadonlyMap<MismatchKind, Mismatched[]>
): Mismatched[] => {
  const all = kinds.flatMap(kind => found.get(kind) ?? [])
  // Where two things are wrong with one, it is mended once.
  return [...new Map(all.map(one => [`${one.service} ${one.id}`, one])).values()]
}

/** Mends what was found, some at a time, each time in one transaction. */
export async function repair (
  { at, mend }: Repair, wrong: Mismatched[], urls: ReadonlyMap<ServiceName, string>
): Promise<void> {
  for (const [service, theirs] of Map.groupBy(wrong, one => one.service)) {
    const pool = createPool({
      url: urls.get(at ?? service)!, max_connections: 1, application_name: 'fermata-verify',
    })
    const db = createDatabase(pool)
    try {
      for (let start = 0; start < theirs.length; start += at_once) {
        const ids = theirs.slice(start, start + at_once).map(({ id }) => id)
        await db.transaction().execute(tx => mend(tx, service, ids))
      }
    } finally {
      await db.destroy()
    }
  }
}
