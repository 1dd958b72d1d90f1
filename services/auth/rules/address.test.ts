import { expect, test } from 'vitest'
import { networkOf } from './address.ts'

test('networkOf: takes an IPv4 address as it is, also inside IPv6', () => {
  expect(networkOf('198.51.100.7')).toBe('198.51.100.7')
  expect(networkOf('::ffff:198.51.100.7')).toBe('198.51.100.7')
})

test('networkOf: takes the first half of an IPv6 address, in any spelling', () => {
  for (const address of ['2001:db8:1:2::5', '2001:0DB8:0001:0002:ffff:0:0:1', '2001:db8:1:2:3:4:5:6%eth0']) {
    expect(networkOf(address)).toBe('2001:db8:1:2::/64')
  }
  expect(networkOf('2001:db8:1:3::5')).not.toBe(networkOf('2001:db8:1:2::5'))
  expect(networkOf('::1')).toBe('0:0:0:0::/64')
})
