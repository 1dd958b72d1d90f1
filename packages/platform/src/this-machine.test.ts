import { expect, test } from 'vitest'
import { createIsHere } from './this-machine.ts'

const isHere = createIsHere('')
const arrival = (headers: Record<string, string> = {}, remoteAddress = '127.0.0.1') =>
  ({ headers: { host: 'localhost:8000', ...headers }, socket: { remoteAddress } })

test.each([
  ['a browser here', {}],
  ['one that writes the number', { host: '127.0.0.1:8000' }],
  ['and the number of IPv6', { host: '[::1]:8000' }],
  ['a name that browsers keep for here', { host: 'tickets.localhost' }],
  ['by a front door here', {
    'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1', 'x-forwarded-host': 'localhost:8080' }],
  ['through two', { 'x-forwarded-for': '::1, 127.0.0.1' }],
  ['by one that writes RFC 7239', { forwarded: 'for="[::1]:4711";proto=http' }],
])('this machine: %s', (_, headers) => {
  expect(isHere(arrival(headers))).toBe(true)
  expect(isHere(arrival(headers, '::1'))).toBe(true)
  expect(isHere(arrival(headers, '::ffff:127.0.0.1'))).toBe(true)
  expect(isHere(arrival(headers, '192.0.2.9'))).toBe(false)
  expect(isHere(arrival(headers, ''))).toBe(false)
})

test.each([
  ['who comes by a front door here', { 'x-forwarded-for': '203.0.113.9' }],
  ['who says so, and a proxy says otherwise', { 'x-forwarded-for': '127.0.0.1, 203.0.113.9' }],
  ['and the other way round', { 'x-forwarded-for': '203.0.113.9, 127.0.0.1' }],
  ['whom another header names', { 'x-real-ip': '203.0.113.9' }],
  ['whom RFC 7239 names', { forwarded: 'for=127.0.0.1, for=203.0.113.9' }],
  ['whom a proxy hides', { forwarded: 'for=unknown' }],
  ['and a proxy that says nothing of it', { forwarded: 'proto=https' }],
  ['who comes by a proxy that names itself alone', { via: '1.1 tunnel' }],
  ['a page of another site, by a name it gave to this machine', { host: 'rebound.example' }],
  ['a name that only looks like ours', { host: 'localhost.example' }],
  ['a number that only looks like ours', { host: '127.0.0.1.example' }],
  ['a name that a proxy was asked by', { 'x-forwarded-host': 'demo.example' }],
  ['no name', { host: '' }],
  ['a name without dots', { host: 'printer' }],
  ['a chain without end', { 'x-forwarded-for': Array(50).fill('127.0.0.1').join() }],
  ['no address', { 'x-forwarded-for': 'localhost' }],
])('this machine: not %s', (_, headers) => {
  expect(isHere(arrival(headers))).toBe(false)
})

test('this machine: containers count where somebody says so, and nobody else', () => {
  const among = createIsHere('172.16.0.0/12, fd00::/8')
  expect(among(arrival({ host: 'traefik:8081', 'x-forwarded-for': '172.18.0.1' }, '172.18.0.5')))
    .toBe(true)
  expect(among(arrival({}, 'fd00::5'))).toBe(true)
  expect(among(arrival({ 'x-forwarded-for': '203.0.113.9' }, '172.18.0.5'))).toBe(false)
  expect(among(arrival({ host: 'demo.example' }, '172.18.0.5'))).toBe(false)
  expect(among(arrival({}, '172.32.0.1'))).toBe(false)
})
