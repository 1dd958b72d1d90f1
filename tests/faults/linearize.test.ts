import { expect, test } from 'vitest'
import { isLinearizable, type Model } from './linearize.ts'

/** A register: the smallest thing of which somebody may be told something old. */
const register: Model<number, { write: number } | { read: number }> = {
  initial: 0,
  step: (state, action) => 'write' in action ? action.write : action.read === state ? state : null,
  keyOf: String,
}
const call = (began: number, ended: number, action: { write: number } | { read: number }) =>
  ({ began, ended, action })

test.each([
  ['one after the other', true, [call(0, 1, { write: 1 }), call(2, 3, { read: 1 })]],
  ['a read during the write may see the old', true,
    [call(0, 9, { write: 1 }), call(2, 3, { read: 0 })]],
  ['or the new', true, [call(0, 9, { write: 1 }), call(2, 3, { read: 1 })]],
  ['but not the new and then the old', false,
    [call(0, 9, { write: 1 }), call(1, 2, { read: 1 }), call(3, 4, { read: 0 })]],
  ['nor the old after the write', false, [call(0, 1, { write: 1 }), call(2, 3, { read: 0 })]],
  ['nor what nobody wrote', false, [call(0, 1, { read: 7 })]],
])('isLinearizable: %s', (_, expected, calls) => {
  expect(isLinearizable(calls, register)).toBe(expected)
})
