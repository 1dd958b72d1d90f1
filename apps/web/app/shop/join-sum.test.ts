import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { findNonce } from './join-sum.ts'

test('findNonce: finds what Node finds with its own SHA-256', () => {
  for (const challenge of ['fc_x', `fc_${'A'.repeat(42)}`, 'fc_another-one_0']) {
    for (const bits of [1, 8, 13]) {
      let nonce = 0
      const wordOf = () => hash('sha256', `${challenge}:${nonce}`, 'buffer').readUInt32BE()
      while (wordOf() >>> 32 - bits !== 0) nonce++
      expect(findNonce(challenge, bits)).toBe(nonce)
    }
  }
})

test('findNonce: a challenge that no block holds has no answer, and takes no time', () => {
  expect(findNonce('x'.repeat(46), 1)).toBeNull()
})
