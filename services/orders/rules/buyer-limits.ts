import type { BuyerKeys, Purchased } from './stock.ts'

/** What each person holds and owns of each limited type. */
export interface PurchaseBook {
  /** Tickets of the type that this person has, by account or by address. */
  ownedBy: (buyer: BuyerKeys, ticket_type_id: string) => number
  add: (purchase: Purchased) => void
}

/**
 * A person is whoever shares the account or the address: signing out, or signing in elsewhere with
 * the same address, is no way around a limit. What has both in common is counted once.
 */
export function openPurchaseBook (purchases: readonly Purchased[]): PurchaseBook {
  const sums = new Map<string, number>()
  const sumOf = (name: string) => sums.get(name) ?? 0
  // Neither ids nor addresses contain a line break, so no two people share a name.
  const namesOf = ({ user_id, email_key }: BuyerKeys, type: string) => ({
    address: `${type}\n@${email_key}`,
    account: user_id === null ? null : `${type}\n${user_id}`,
    both: user_id === null ? null : `${type}\n${user_id}\n${email_key}`,
  })
  const book: PurchaseBook = {
    ownedBy (buyer, type) {
      const { address, account, both } = namesOf(buyer, type)
      return account && both ? sumOf(address) + sumOf(account) - sumOf(both) : sumOf(address)
    },
    add ({ ticket_type_id, quantity, ...buyer }) {
      for (const name of Object.values(namesOf(buyer, ticket_type_id))) {
        if (name) sums.set(name, sumOf(name) + quantity)
      }
    },
  }
  for (const purchase of purchases) book.add(purchase)
  return book
}
