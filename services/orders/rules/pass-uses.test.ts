import fc from 'fast-check'
import { expect, test } from 'vitest'
import { orders_per_pass, partByPass, usesOf, type PassForSale } from './pass-uses.ts'

const hash = (name: string) => Buffer.from(name)
const purchase = (place: number, buyer: string | null = null) =>
  ({ pass: { place, has_expired: false, buyer: buyer === null ? null : hash(buyer) } })

test('partByPass: however orders are spread over batches, no pass buys more often than it may', () => {
  const batch = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 12 })
  const batches = fc.array(batch, { maxLength: 8 })
  fc.assert(fc.property(batches, all => {
    const stored = new Map<number, number>()
    for (const places of all) {
      const known = [...stored].map(([place, orders]) => ({ place, orders, buyer: null }))
      const { allowed, refused } = partByPass(places.map(place => purchase(place)), known)
      expect(allowed.length + refused.size).toBe(places.length)
      for (const { place, orders } of usesOf(allowed)) {
        stored.set(place, (stored.get(place) ?? 0) + orders)
      }
    }
    for (const orders of stored.values()) expect(orders).toBeLessThanOrEqual(orders_per_pass)
  }))
})

test('partByPass: the first buyer of an unbound pass is its only one', () => {
  const [ann, ben, ann_again] = [purchase(1, 'ann'), purchase(1, 'ben'), purchase(1, 'ann')]
  const { allowed, refused } = partByPass([ann, ben, ann_again], [])
  expect(allowed).toEqual([ann, ann_again])
  expect(refused.get(ben)).toBe('another_buyer')
  expect(partByPass([ben], [{ place: 1, orders: 1, buyer: hash('ann') }]).refused.get(ben)).toBe('another_buyer')
})

test('partByPass: without a waiting room nothing is asked', () => {
  const free = { pass: null }
  expect(partByPass([free, free], [])).toEqual({ allowed: [free, free], refused: new Map() })
  expect(usesOf([free])).toEqual([])
})

test('partByPass: with a waiting room who has no pass is refused, and nobody else', () => {
  const [free, ann] = [{ pass: null }, purchase(1, 'ann')]
  expect(partByPass<{ pass: PassForSale | null }>([free, ann, free], [], true))
    .toEqual({ allowed: [ann], refused: new Map([[free, 'needed']]) })
})
