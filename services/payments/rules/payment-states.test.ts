import { PaymentStatus } from '@fermata/contracts/payments'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextStatus, paymentStates, refundAction, type PaymentAction } from './payment-states.ts'

const statuses = (PaymentStatus as unknown as { enum: PaymentStatus[] }).enum
const actions: PaymentAction[] = ['succeed', 'fail', 'refund_part', 'refund_rest']

/** Written out a second time on purpose: a change of the table has to be meant. */
const allowed = new Set([
  'pending succeed succeeded', 'pending fail failed',
  'succeeded refund_part succeeded', 'succeeded refund_rest refunded',
])

test('paymentStates: has a row for every status of the contract and no other', () => {
  expect(Object.keys(paymentStates).sort()).toEqual([...statuses].sort())
})

test('nextStatus: every status and action is either one of the four allowed steps or refused', () => {
  for (const status of statuses) {
    for (const action of actions) {
      const next = nextStatus(status, action)
      const step = [...allowed].find(one => one.startsWith(`${status} ${action} `))
      expect(next && `${status} ${action} ${next}`).toBe(step)
    }
  }
})

test('nextStatus: no run of actions brings a failed or refunded payment back', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom(...actions)), run => {
    let status: PaymentStatus = 'pending'
    let ended: PaymentStatus | undefined
    for (const action of run) {
      status = nextStatus(status, action) ?? status
      if (ended) expect(status).toBe(ended)
      if (status === 'failed' || status === 'refunded') ended = status
    }
  }))
})

test('refundAction: gives back a part or the rest, never nothing and never more than is left', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e12 }),
      fc.integer({ min: -10, max: 1e12 }),
      (left, refund) => {
        const action = refundAction(left, refund)
        if (refund <= 0 || refund > left) expect(action).toBeUndefined()
        else expect(action).toBe(refund === left ? 'refund_rest' : 'refund_part')
      },
    ),
  )
  expect(refundAction(5, 5)).toBe('refund_rest')
})
