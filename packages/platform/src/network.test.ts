import fc from 'fast-check'
import { isIPv6 } from 'node:net'
import { expect, test } from 'vitest'
import { areRanges, createRanges, networkOf, siteOf } from './network.ts'

test('networkOf: takes an IPv4 address as it is, however a socket or proxy writes it', () => {
  for (const address of [
    '198.51.100.7', '::ffff:198.51.100.7', '::FFFF:198.51.100.7', '::ffff:c633:6407',
    '0:0:0:0:0:ffff:198.51.100.7', '198.51.100.7:50123', '[::ffff:198.51.100.7]:443',
    ' 198.51.100.7 ', '2002:c633:6407:1::5', '2002:c633:6407:ffff::1',
  ]) {
    expect(networkOf(address), address).toBe('198.51.100.7')
  }
  expect(networkOf('198.51.100.8')).not.toBe(networkOf('198.51.100.7'))
})

test('networkOf: takes the first half of an IPv6 address, in any spelling', () => {
  for (const address of [
    '2001:db8:1:2::5', '2001:0DB8:0001:0002:ffff::', '2001:db8:1:2:3:4:5:6',
    '2001:db8:1:2:3:4:5:6%eth0', '[2001:db8:1:2::5]', '[2001:db8:1:2::5]:8080',
    '2001:db8:1:2::198.51.100.7',
  ]) {
    expect(networkOf(address), address).toBe('2001:db8:1:2::/64')
  }
  expect(networkOf('2001:db8:1:3::5')).not.toBe(networkOf('2001:db8:1:2::5'))
  expect(networkOf('::1')).toBe('0:0:0:0::/64')
  expect(networkOf('fe80::1%1')).toBe('fe80:0:0:0::/64')
})

test('siteOf: whoever was given a /48 is one, and an IPv4 address is one, too', () => {
  expect(siteOf('2001:db8:1:2::5')).toBe('2001:db8:1::/48')
  expect(siteOf('2001:db8:1:ffff:1::')).toBe(siteOf('[2001:db8:1::9]:8080'))
  expect(siteOf('2001:db8:2::5')).not.toBe(siteOf('2001:db8:1::5'))
  expect(siteOf('::ffff:198.51.100.7')).toBe('198.51.100.7')
  expect(siteOf('2002:c633:6407:ffff::1')).toBe('198.51.100.7')
  expect(siteOf('nowhere')).toBe('unknown')
})

test('networkOf: puts everything that is no address into one bucket', () => {
  for (const address of [
    undefined, '', ' ', 'unknown', '_hidden', '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4',
    '1.2.3.4:', '1.2.3.4:x', '::ffff:1.2.3.256', ':::', '1:2:3', '[', '[]', '[::1', '::1]',
    '[1.2.3.4', 'x'.repeat(100_000), '1.2.3.4, 5.6.7.8', '1'.repeat(99), '%', '%eth0',
  ]) {
    expect(networkOf(address), String(address).slice(0, 40)).toBe('unknown')
  }
})

test('networkOf: whoever owns a /64 has one network, and the neighbour has another', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)
  const group = fc.integer({ min: 0, max: 0xffff })
  const groups = fc.array(group, { minLength: 8, maxLength: 8 })
    .filter(([first]) => first !== 0 && first !== 0x2002)
  fc.assert(fc.property(groups, groups, (one, other) => {
    const spell = (parts: number[]) => parts.map(part => part.toString(16)).join(':')
    const mine = spell([...one.slice(0, 4), ...other.slice(4)])
    expect(isIPv6(mine)).toBe(true)
    expect(networkOf(mine)).toBe(networkOf(spell(one)))
    const next = [...one]
    next[3] = (next[3]! + 1) & 0xffff
    expect(networkOf(spell(next))).not.toBe(networkOf(spell(one)))
  }), { seed })
})

test('createRanges: takes addresses, ranges by bits or by mask, and names', () => {
  for (const text of ['10.0.0.0/8', '10.0.0.0/255.0.0.0', 'uniquelocal', '::1, 10.0.0.0/8']) {
    expect(areRanges(text), text).toBe(true)
    const isIn = createRanges(text)
    expect([isIn('10.200.3.4'), isIn('::ffff:10.1.1.1'), isIn('11.0.0.1')], text)
      .toEqual([true, true, false])
  }
  expect(createRanges('192.0.2.8/255.255.255.248')('192.0.2.15')).toBe(true)
  expect(createRanges('192.0.2.8/255.255.255.248')('192.0.2.16')).toBe(false)
})

test('areRanges: says no to what is none', () => {
  for (const text of [
    '', 'proxy.example.org', '10.0.0.0/', '10.0.0.0/0', '10.0.0.0/33', '10.0.0.0/255.0.255.0',
    '10.0.0.0/0.0.0.0', 'fe80::/129', 'fe80::/ffff::', '10.0.0.0/8/8', '10.0.0.0/8,', '10.0.0.0/-8',
  ]) {
    expect(areRanges(text), text).toBe(false)
  }
})
