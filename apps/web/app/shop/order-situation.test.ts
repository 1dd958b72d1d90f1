import { OrderStatus } from '@fermata/contracts/orders'
import { PaymentStatus } from '@fermata/contracts/payments'
import { expect, test } from 'vitest'
import { shop as english } from '../i18n/en/shop.ts'
import { shop as french } from '../i18n/fr/shop.ts'
import {
  decisiveOf, labelOf, situationOf, type OrderFacts, type OrderSituation, type PaymentFacts,
} from './order-situation.ts'

const at = '2027-01-01T00:00:00Z'
const orderOf = (status: OrderFacts['status'], rest: Partial<OrderFacts> = {}): OrderFacts => ({
  status, total_minor: 1500, completed_at: status === 'completed' ? at : null,
  canceled_at: status === 'canceled' ? at : null, expired_at: status === 'expired' ? at : null,
  ...rest,
})

const payments: Record<string, PaymentFacts | null | undefined> = {
  'nobody can say': undefined, none: null,
  pending: { status: 'pending', amount_minor: 1500, refunded_minor: 0 },
  failed: { status: 'failed', amount_minor: 1500, refunded_minor: 0 },
  succeeded: { status: 'succeeded', amount_minor: 1500, refunded_minor: 0 },
  'given back in part': { status: 'succeeded', amount_minor: 1500, refunded_minor: 500 },
  refunded: { status: 'refunded', amount_minor: 1500, refunded_minor: 1500 },
}

type Row = [OrderFacts, Record<keyof typeof payments, OrderSituation>, label: string]
const same = (situation: OrderSituation) =>
  Object.fromEntries(Object.keys(payments).map(name => [name, situation]))
const ended = (status: 'expired' | 'canceled', given_back: OrderSituation) => ({
  'nobody can say': status, none: `${status}_unpaid`, pending: `${status}_checking`,
  failed: `${status}_unpaid`, succeeded: `${status}_paid`, 'given back in part': `${status}_paid`,
  refunded: given_back } satisfies Record<string, OrderSituation>)
const complete = (paid: OrderSituation) => ({
  ...same(paid), 'given back in part': 'partly_refunded', refunded: 'refund_coming',
} satisfies Record<string, OrderSituation>)

/** Every state, however it was reached, and every payment. */
const table: Record<string, Row> = {
  'held': [orderOf('pending'), { 'nobody can say': 'held', none: 'held', pending: 'checking', failed: 'declined',
    succeeded: 'arrived', 'given back in part': 'arrived', refunded: 'refund_coming' }, 'pending'],
  'paid': [orderOf('completed'), complete('paid'), 'completed'],
  'paid after its hold': [orderOf('completed', { expired_at: at }), complete('paid_late'), 'paid_late'],
  'free': [orderOf('completed', { total_minor: 0 }), same('free'), 'free'],
  'expired': [orderOf('expired'), ended('expired', 'late_given_back'), 'expired'],
  'canceled': [orderOf('canceled'), ended('canceled', 'canceled_given_back'), 'canceled'],
  'refunded after it was paid': [orderOf('refunded', { completed_at: at }), same('refunded'), 'refunded'],
  'refunded after it was paid late':
    [orderOf('refunded', { completed_at: at, expired_at: at }), same('refunded'), 'refunded'],
  'paid too late': [orderOf('refunded', { expired_at: at }), same('late_given_back'), 'given_back'],
  'paid while it was canceled': [orderOf('refunded', { canceled_at: at }), same('canceled_given_back'), 'given_back'],
  'free, and withdrawn': [orderOf('refunded', { total_minor: 0, completed_at: at }), same('withdrawn'), 'withdrawn'],
}

test.each(Object.entries(table))('situationOf: an order that is %s', (_, [order, situations, label]) => {
  for (const [name, payment] of Object.entries(payments)) {
    expect([name, situationOf(order, payment)]).toEqual([name, situations[name]])
  }
  expect(labelOf(order)).toBe(label)
})

test('situationOf: the table has every state of orders and payments, and every situation', () => {
  const states = Object.values(table).map(([{ status }]) => status)
  expect(new Set(states)).toEqual(new Set(OrderStatus.enum))
  expect(new Set(Object.values(payments).flatMap(payment => payment ? [payment.status] : [])))
    .toEqual(new Set(PaymentStatus.enum))
  const situations = Object.values(table).map(([, by_payment]) => Object.values(by_payment))
  const reached = new Set(situations.flat())
  expect(reached).toEqual(new Set(Object.keys(english.order.is)))
})

test.each([['English', english], ['French', french]] as const)('order words in %s: each situation has its own', (_, { order }) => {
  const words = Object.entries(order.is)
  expect(words.map(([name]) => name).sort()).toEqual(Object.keys(english.order.is).sort())
  expect(new Set(words.map(([, { text }]) => text)).size).toBe(words.length)
  expect(new Set(Object.values(order.status)).size).toBe(Object.values(order.status).length)
})

/** What may be said of the money, by what is known of it. */
const nothing_charged = /nothing was charged|rien n’a été débité/i
const money_back = /on its way back|goes back to you|back to you|vous revient|vous est rendu|vous sera rendu|repart vers vous/i

test.each([['English', english], ['French', french]] as const)('order words in %s: say of the money what is so', (_, { order }) => {
  for (const [name, { text }] of Object.entries(order.is)) {
    const is_unpaid = name.endsWith('_unpaid')
    expect([name, nothing_charged.test(text)]).toEqual([name, is_unpaid])
  }
  const given: OrderSituation[] = ['refund_coming', 'canceled_paid', 'refunded', 'late_given_back', 'canceled_given_back']
  for (const name of given) {
    expect([name, money_back.test(order.is[name].text)]).toEqual([name, true])
  }
  for (const name of ['paid', 'free', 'held', 'expired', 'canceled', 'withdrawn'] as const) {
    expect([name, money_back.test(order.is[name].text)]).toEqual([name, false])
  }
})

test('decisiveOf: money that came says more than a card that was refused afterwards', () => {
  const of = (...statuses: PaymentFacts['status'][]) =>
    decisiveOf(statuses.map(status => ({ status })))?.status
  expect(of('failed', 'succeeded', 'failed')).toBe('succeeded')
  expect(of('failed', 'pending')).toBe('pending')
  expect(of('succeeded', 'refunded')).toBe('refunded')
  expect(decisiveOf([])).toBeNull()
})
