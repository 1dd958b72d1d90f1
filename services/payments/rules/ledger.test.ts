import fc from 'fast-check'
import { expect, test } from 'vitest'
import { entriesOf, type Posting } from './ledger.ts'

const kinds = ['payment_succeeded', 'refund_promised', 'refund_paid'] as const
const posting: fc.Arbitrary<Posting> = fc.record({
  transaction_id: fc.uuid(), payment_id: fc.uuid(), kind: fc.constantFrom(...kinds),
  amount_minor: fc.integer({ min: 1, max: 1e12 }), currency: fc.constantFrom('EUR', 'JPY', 'KWD'),
})

test('entriesOf: each posting is one debit and one equal credit on two accounts', () => {
  fc.assert(fc.property(fc.array(posting, { maxLength: 20 }), postings => {
    const entries = entriesOf(postings)
    expect(entries).toHaveLength(postings.length * 2)
    postings.forEach(({ amount_minor, currency, transaction_id }, index) => {
      const [debit, credit] = entries.slice(index * 2)
      expect(debit).toMatchObject({
        debit_minor: amount_minor,
        credit_minor: 0,
        currency,
        transaction_id,
      })
      expect(credit).toMatchObject({
        debit_minor: 0,
        credit_minor: amount_minor,
        currency,
        transaction_id,
      })
      expect(debit!.account).not.toBe(credit!.account)
    })
  }))
})

test('entriesOf: money taken, promised back and sent back leaves every account at zero', () => {
  const entries = entriesOf(kinds.map(kind => ({
    kind, transaction_id: kind, payment_id: 'p', amount_minor: 700, currency: 'EUR' })))
  for (const [, group] of Map.groupBy(entries, entry => entry.account)) {
    expect(group.reduce((sum, entry) => sum + entry.debit_minor - entry.credit_minor, 0)).toBe(0)
  }
})
