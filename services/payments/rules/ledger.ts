/**
 * Which accounts move when money does. Debits and credits of one posting are equal by construction;
 * the database checks it again at commit.
 *
 * - `provider_clearing` (debit): what the provider holds for us.
 * - `organizer_payable` (credit): what we owe to organisers.
 * - `refunds` (credit): what was promised back to buyers and has not left yet.
 */
export type Account = 'provider_clearing' | 'organizer_payable' | 'refunds'
export type PostingKind = 'payment_succeeded' | 'refund_promised' | 'refund_paid'

export interface Posting {
  transaction_id: string
  payment_id: string
  kind: PostingKind
  amount_minor: number
  currency: string
}

export interface LedgerEntry {
  transaction_id: string
  payment_id: string
  account: Account
  debit_minor: number
  credit_minor: number
  currency: string
}

const accounts: Record<PostingKind, { debit: Account, credit: Account }> = {
  payment_succeeded: { debit: 'provider_clearing', credit: 'organizer_payable' },
  refund_promised: { debit: 'organizer_payable', credit: 'refunds' },
  refund_paid: { debit: 'refunds', credit: 'provider_clearing' },
}

/** The two entries of each posting. */
export function entriesOf (postings: readonly Posting[]): LedgerEntry[] {
  return postings.flatMap(({ kind, amount_minor, ...rest }) => [
    { ...rest, account: accounts[kind].debit, debit_minor: amount_minor, credit_minor: 0 },
    { ...rest, account: accounts[kind].credit, debit_minor: 0, credit_minor: amount_minor },
  ])
}
