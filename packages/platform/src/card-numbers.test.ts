import { expect, test } from 'vitest'
import { holdsCardNumber } from './card-numbers.ts'
import { uuidv7 } from './ids.ts'

test.each([
  '4111111111111111', '4111 1111 1111 1111', '4111-1111-1111-1111', '4111.1111.1111.1111',
  'my card is 5555555555554444, thanks', '(378282246310005)', '3782 822463 10005', '3056 930902 5904',
  '6011111111111117', '3530111333300000', '2223003122003222', '6200000000000005',
  'visa:4012888888881881;cvc 123', '4111\u00a01111\u00a01111\u00a01111', '4000000000000000006',
  '"4242424242424242"', '4242424242424242@example.com', 'card-4242424242424242',
])('card numbers: "%s" holds one', text => {
  expect(holdsCardNumber(text)).toBe(true)
})

test.each([
  '4111111111111112', '1234567890123456', '41111111111111111', '411111111111111', '',
  '+4915112345678', '+49 151 1234 5678', '2027-03-01T10:00:00.123456789Z', '1764446400000',
  '978-3-16-148410-0', 'x4111111111111111', '4111111111111111x', '4006381333931',
  'SIRET 380 129 866 46850', '38012986646850',
  '06 12 34 56 78, 06 12 34 56 79', 'LODZ-000001', 'https://example.org/4242424242424242.jpg',
  '41111111-1111-4111-8111-111111111111', 'DE89 3704 0044 0532 0130 00',
])('card numbers: "%s" holds none', text => {
  expect(holdsCardNumber(text)).toBe(false)
})

test('card numbers: ids, and texts of any length, are no trouble', () => {
  for (let count = 0; count < 2000; count++) expect(holdsCardNumber(uuidv7())).toBe(false)
  const began = process.cpuUsage()
  for (const text of ['1 '.repeat(30_000), '4'.repeat(60_000), '4111-'.repeat(12_000)])
    holdsCardNumber(text)
  expect(process.cpuUsage(began).user).toBeLessThan(1_000_000)
})
