/**
 * What payments asks of a company that moves money. Adapters implement it; tests may put one in
 * between.
 */

export interface Charge {
  /** The provider does a key's work once, however often it is asked. */
  key: string
  order_id: string
  amount_minor: number
  currency: string
  method: unknown
  hold_ends_at: string
}

export type ChargeOutcome =
  | { status: 'succeeded', reference: string }
  | { status: 'failed', reference: string, failure: string }
  /** Not decided yet; worth asking again at that time. */
  | { status: 'pending', reference: string, ask_again_at: string, needs_confirmation: boolean }

export interface ProviderRefund { key: string, charge_key: string, amount_minor: number }

/**
 * Works on batches, as a whole day of one event may be refunded at once. A call that throws has an
 * unknown outcome and is repeated with the same keys; an answer holds the outcome of each key it
 * knows, others count as unknown.
 */
export interface PaymentProvider {
  charge (charges: Charge[]): Promise<Map<string, ChargeOutcome>>
  /** The keys whose money is on its way back. */
  refund (refunds: ProviderRefund[]): Promise<Set<string>>
  /** The buyer has taken their second step; absent where a provider has none. */
  confirm?: (key: string) => Promise<ChargeOutcome>
}
