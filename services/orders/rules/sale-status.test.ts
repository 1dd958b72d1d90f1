import { expect, test } from 'vitest'
import { saleStatus, type OnOffer } from './sale-status.ts'

const now = '2027-01-01T12:00:00.000Z'
const later = '2027-01-01T13:00:00.000Z'
const offer: OnOffer = {
  now, event_status: 'published', event_ends_at: later, sales_start: null, sales_end: null, available: 1 }

test.each<[string, Partial<OnOffer>]>([
  ['open', {}],
  ['open', { sales_start: now, sales_end: later }],
  ['upcoming', { sales_start: later }],
  ['ended', { sales_end: now }],
  ['sold_out', { available: 0 }],
  ['closed', { event_status: 'draft' }],
  ['closed', { event_status: 'canceled', available: 0 }],
  ['closed', { event_ends_at: now }],
])('saleStatus: %s (%#)', (status, given) => {
  expect(saleStatus({ ...offer, ...given })).toBe(status)
})
