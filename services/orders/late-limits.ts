import type { Tx } from '@fermata/platform/database'
import type { OrderStore } from './order-store.ts'
import { buyerLimit, openPeopleBook } from './rules/fair-shares.ts'

/**
 * Orders that would give their buyers more of the event than one person may have: who lets a hold
 * end, buys again and then pays the first one too does not get both.
 * @param order_ids of orders whose hold has ended, in the order in which they were paid
 */
export async function findOverLimit (
  store: OrderStore, tx: Tx, order_ids: readonly string[]
): Promise<ReadonlySet<string>> {
  const late = new Map((await store.findLateBuyers(tx, [...order_ids])).map(one => [one.id, one]))
  const limited = [...late.values()].some(one => one.event_max_per_buyer !== 0)
  const over = new Set<string>()
  if (!limited) return over
  const beside = Map.groupBy(await store.findBeside(tx, [...order_ids]), order => order.event_id)
  const books = new Map<string, ReturnType<typeof openPeopleBook>>()
  for (const id of order_ids) {
    const order = late.get(id)!
    const book = books.get(order.event_id) ?? openPeopleBook(beside.get(order.event_id) ?? [])
    books.set(order.event_id, book)
    const limit = buyerLimit(order.event_max_per_buyer, order.types)
    if (book.of(order).tickets + order.tickets > limit) over.add(id)
    else book.add(order)
  }
  return over
}
