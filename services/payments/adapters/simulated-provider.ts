import type { TestCard } from '@fermata/contracts/payments'
import type { Db } from '@fermata/platform/database'
import type { Charge, ChargeOutcome, PaymentProvider } from '../provider.ts'
import { bookCharges, bookRefunds, readCharges } from '../queries/simulated-book.ts'

export interface SimulatedOptions {
  db: Db
  slow_ms: number
  late_ms: number
}

/**
 * A payment company that moves no money: the test card names the outcome. It keeps its own durable
 * book, as a real one does, so that what it has charged stays charged when our process dies before
 * hearing of it.
 */
export function createSimulatedProvider (
  { db, slow_ms, late_ms }: SimulatedOptions
): PaymentProvider {
  const delays: Record<TestCard, number> = { success: 0, declined: 0, slow: slow_ms, late: late_ms }
  return {
    async charge (charges) {
      await bookCharges(db, charges.map(charge => toBook(charge, delays)))
      const booked = await readCharges(db, charges.map(charge => charge.key))
      return new Map(booked.map(({ key, ...charge }) => [key, outcomeOf(key, charge)]))
    },
    async refund (refunds) {
      await bookRefunds(db, refunds)
      return new Set(refunds.map(refund => refund.key))
    },
  }
}

function toBook (charge: Charge, delays: Record<TestCard, number>) {
  const card = (charge.method as { test_card: TestCard }).test_card
  return {
    ...charge, card, succeeds: card !== 'declined', delay_ms: delays[card],
    hold_ends_at: card === 'late' ? charge.hold_ends_at : null,
  }
}

function outcomeOf (
  key: string, charge: { succeeds: boolean, decides_at: string, decided: boolean }
): ChargeOutcome {
  const reference = `simulated_${key}`
  if (!charge.decided) {
    return { status: 'pending', reference, ask_again_at: charge.decides_at, needs_confirmation: false }
  }
  return charge.succeeds
    ? { status: 'succeeded', reference } : { status: 'failed', reference, failure: 'declined' }
}
