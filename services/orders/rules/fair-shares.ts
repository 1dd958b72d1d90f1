import type { Asker, Refusal, Request, Stock, TicketTypeForSale } from './stock.ts'

/** So many tickets anybody may hold unpaid, however small what is left. */
export const least_share = 10
/** Of an event for which its organiser named no limit. */
export const default_max_per_buyer = 10

/** What a network, and a person, may hold unpaid of one pool, and own of the event. */
export interface Fairness {
  /** Percent of what is not sold of each pool; 100: everybody may come from one address. */
  network_share_percent: number
  /** Tickets of one person; null: the default; 0: as many as there are. */
  max_per_buyer: number | null
  /** Pool id to the tickets that are not sold, held or not. */
  unsold: ReadonlyMap<string, number>
  open_holds: readonly OpenHold[]
  /** Orders that hold or own tickets, of whoever shares a mailbox, an account or a browser. */
  earlier: readonly EarlierOrder[]
}

export interface OpenHold { network: string, pool_id: string, tickets: number }
export interface EarlierOrder {
  mailbox: string | null, visitor: string | null, user_id: string | null
  tickets: number
  /** Whether it waits for its payment. */
  is_open: boolean
}

/** What earlier requests of the batch took, beside what was read. */
export interface ShareBook {
  /** Why this request may not take what it would, or null. */
  refusalOf: (request: Request, taken: ReadonlyMap<string, number>) => Refusal | null
  enter: (request: Request, taken: ReadonlyMap<string, number>) => void
}

/**
 * The part of a pool that one may hold unpaid: of what is not sold rather than of what there was.
 * Whoever holds anew each time their holds end keeps ever less from others as these buy, and in the
 * end no more than the least share.
 */
export const shareOf = (unsold: number, percent: number): number => percent >= 100
  ? Infinity : Math.max(least_share, Math.floor(unsold * percent / 100))

/**
 * The limit that holds for an order. The default never forbids what the organiser allows in one
 * order of a type.
 */
export function buyerLimit (
  max_per_buyer: number | null, types: readonly Pick<TicketTypeForSale, 'max_per_order' | 'max_per_buyer'>[]
): number {
  if (max_per_buyer === 0) return Infinity
  if (max_per_buyer !== null) return max_per_buyer
  let limit = default_max_per_buyer
  for (const type of types) limit = Math.max(limit, type.max_per_order, type.max_per_buyer ?? 0)
  return limit
}

/** Keeps count through a batch. */
export function openShareBook (
  { fairness, ticket_types }: Pick<Stock, 'fairness' | 'ticket_types'>
): ShareBook {
  const { network_share_percent: percent, max_per_buyer, unsold } = fairness
  const held = new Map<string, Map<string, number>>()
  const heldBy = (network: string) => {
    let pools = held.get(network)
    if (pools === undefined) {
      pools = new Map()
      held.set(network, pools)
    }
    return pools
  }
  const hold = (network: string, pool_id: string, tickets: number) => {
    const pools = heldBy(network)
    pools.set(pool_id, (pools.get(pool_id) ?? 0) + tickets)
  }
  for (const { network, pool_id, tickets } of fairness.open_holds) hold(network, pool_id, tickets)
  const people = openPeopleBook(fairness.earlier)

  return {
    refusalOf ({ items, asker }, taken) {
      if (!asker) return null
      const types = items.map(item => ticket_types.get(item.ticket_type_id)!)
      const wanted = items.reduce((sum, item) => sum + item.quantity, 0)
      const person = people.of(asker)
      const limit = buyerLimit(max_per_buyer, types)
      if (person.tickets + wanted > limit) {
        return { reason: 'limit_reached', type: types[0]!, scope: 'event', limit }
      }
      const of_pool = heldBy(asker.network)
      for (const [pool, quantity] of taken) {
        const share = shareOf(unsold.get(pool) ?? 0, percent)
        const of_network = of_pool.get(pool) ?? 0
        if (of_network + quantity > share) return { reason: 'share_reached', scope: 'network', share }
        if (person.open + quantity > share) return { reason: 'share_reached', scope: 'buyer', share }
      }
      return null
    },
    enter ({ items, asker }, taken) {
      if (!asker) return
      for (const [pool, quantity] of taken) hold(asker.network, pool, quantity)
      const tickets = items.reduce((sum, item) => sum + item.quantity, 0)
      const { mailbox, visitor, user_id } = asker
      people.add({ mailbox, visitor, user_id, tickets, is_open: true })
    },
  }
}

type Names = Pick<EarlierOrder, 'mailbox' | 'visitor' | 'user_id'>

/** The orders of one name; most names have one. */
type Orders = EarlierOrder | EarlierOrder[]

const nobody: EarlierOrder[] = []

function put (orders: Map<string, Orders>, name: string | null, order: EarlierOrder): void {
  if (name === null) return
  const known = orders.get(name)
  if (known === undefined) orders.set(name, order)
  else if (Array.isArray(known)) known.push(order)
  else orders.set(name, [known, order])
}

/**
 * A person is whoever shares the mailbox, the account or the browser. An order that has several of
 * these in common counts once.
 */
export function openPeopleBook (earlier: readonly EarlierOrder[]) {
  const by_mailbox = new Map<string, Orders>()
  const by_visitor = new Map<string, Orders>()
  const by_account = new Map<string, Orders>()
  const add = (order: EarlierOrder) => {
    put(by_mailbox, order.mailbox, order)
    put(by_visitor, order.visitor, order)
    put(by_account, order.user_id, order)
  }
  for (const order of earlier) add(order)
  const ordersOf = ({ mailbox, visitor, user_id }: Names): Iterable<EarlierOrder> => {
    const of_mailbox = mailbox === null ? nobody : by_mailbox.get(mailbox) ?? nobody
    const of_visitor = visitor === null ? nobody : by_visitor.get(visitor) ?? nobody
    const of_account = user_id === null ? nobody : by_account.get(user_id) ?? nobody
    const is_new = of_mailbox === nobody && of_visitor === nobody && of_account === nobody
    return is_new ? nobody : new Set([of_mailbox, of_visitor, of_account].flat())
  }
  return {
    add,
    of (asker: Names | Asker) {
      let tickets = 0
      let open = 0
      for (const order of ordersOf(asker)) {
        tickets += order.tickets
        if (order.is_open) open += order.tickets
      }
      return { tickets, open }
    },
  }
}
