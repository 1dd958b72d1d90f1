import * as api from '@fermata/contracts/orders'
import { notFound } from '@fermata/contracts/problems'
import type { Tx } from '@fermata/platform/database'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { requireManagedEvent } from '../managed-event.ts'
import { presentTicketType } from '../present-ticket-type.ts'
import { lockEvents } from '../queries/events.ts'
import { writeLimitedPurchases, findUncounted } from '../queries/sale-rules.ts'
import {
  findType, joinPools, leavePools, listSharedPools, setCapacity, updateType, type TicketTypeRow,
} from '../queries/stock.ts'
import { mailboxOf } from '@fermata/contracts/mailboxes'
import { checkLimits, checkPools, inUtc } from '../ticket-type-checks.ts'

/** Changes a ticket type while it sells. Orders keep the name and price of their time. */
export const updateTicketType: Operation<typeof api.updateTicketType> = async (
  ctx, { params, body, caller, id }
) => {
  const found = await findType(ctx.db, params.id)
  if (!found) throw new Problem(notFound)
  await requireManagedEvent(ctx, caller, found.event_id, id)
  return ctx.transaction(async tx => {
    await lockEvents(tx, [found.event_id])
    const type = await findType(tx, params.id)
    if (!type) throw new Problem(notFound)
    const { capacity, pool_ids, ...changes } = body
    const changed = { ...type, ...changes, tiers: inUtc(changes.tiers ?? type.tiers) }
    checkLimits(changed)
    await updateType(tx, type.id, changed)
    const is_limited_now = type.max_per_buyer === null && changed.max_per_buyer !== null
    if (is_limited_now) await countEarlier(tx, type.id)
    if (capacity !== undefined) await changeCapacity(tx, type, capacity)
    if (pool_ids !== undefined) await changePools(tx, type, pool_ids)
    return presentTicketType((await findType(tx, type.id))!, { managed: true })
  })
}

/** Orders counted at a time: more would not fit the memory of a small machine. */
const count_batch = 2000

/**
 * A limit counts what buyers have already. Nothing else can place or change an order meanwhile:
 * the event is locked.
 */
async function countEarlier (tx: Tx, ticket_type_id: string): Promise<void> {
  let found = count_batch
  while (found === count_batch) {
    const rows = await findUncounted(tx, ticket_type_id, count_batch)
    await writeLimitedPurchases(tx, rows.map(({ buyer_email, ...row }) =>
      ({ ...row, ticket_type_id, email_key: mailboxOf(buyer_email) })))
    found = rows.length
  }
}

async function changeCapacity (
  tx: Tx, { id, held, sold }: TicketTypeRow, capacity: number
): Promise<void> {
  if (capacity < held + sold) {
    throw new Problem(api.capacityTooSmall, undefined, { extensions: { held, sold } })
  }
  await setCapacity(tx, id, capacity)
}

/**
 * What the type holds and has sold moves along, so every pool goes on counting what is drawn from
 * it.
 */
async function changePools (tx: Tx, type: TicketTypeRow, pool_ids: string[]): Promise<void> {
  await checkPools(tx, type.event_id, pool_ids)
  const joined = pool_ids.filter(id => !type.pool_ids.includes(id))
  const full = (await listSharedPools(tx, type.event_id)).find(pool => joined.includes(pool.id) &&
    pool.capacity - pool.held - pool.sold < type.held + type.sold)
  if (full) {
    throw new Problem(api.capacityTooSmall, `${full.name} has no room for what is sold and held already.`,
      { extensions: { held: type.held, sold: type.sold } })
  }
  await leavePools(tx, type.id, type.pool_ids.filter(id => !pool_ids.includes(id)))
  await joinPools(tx, type.id, joined)
}
