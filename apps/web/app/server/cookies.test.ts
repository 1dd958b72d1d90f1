import { expect, test } from 'vitest'
import { keepOrderToken, orderTokenFrom, readCookies, writeCookie } from './cookies.server.ts'

const idOf = (index: number) => `0198f3c0-0000-7000-8000-${String(index).padStart(12, '0')}`

test('readCookies: values with equal signs, quotes and escapes come back whole', () => {
  const cookies = readCookies('a=1; token="x.y=z"; name=caf%C3%A9; broken=%E0; =none; bare')
  expect(Object.fromEntries(cookies)).toEqual({ a: '1', token: 'x.y=z', name: 'café', broken: '%E0' })
})

test('readCookies: the first of a name counts, and a header beyond all measure is not read', () => {
  expect(readCookies('a=1; a=2').get('a')).toBe('1')
  expect(readCookies(`a=${'x'.repeat(20_000)}`).size).toBe(0)
})

test('writeCookie: cannot be used to add attributes or headers', () => {
  const cookie = writeCookie('a', 'x; Domain=evil.example\r\nSet-Cookie: b=1', { max_age_seconds: 5, is_secure: true })
  expect(cookie.split('; ')).toHaveLength(6)
  expect(cookie).not.toMatch(/[\r\n]/)
  expect(cookie).toContain('HttpOnly; Secure')
})

test('keepOrderToken: the eleventh order makes the oldest leave', () => {
  const jar = new Map(Array.from({ length: 10 }, (_, index) => [`fermata_order_${idOf(index)}`, `token-${index}`]))
  const [kept, ...dropped] = keepOrderToken(jar, idOf(10), 'token-10', false)
  expect(kept).toContain(`fermata_order_${idOf(10)}=token-10; Path=/; Max-Age=`)
  expect(dropped).toHaveLength(1)
  expect(dropped[0]).toContain(`fermata_order_${idOf(0)}=; Path=/; Max-Age=0`)
})

test('keepOrderToken: an order that is kept already drops none', () => {
  const jar = new Map(Array.from({ length: 10 }, (_, index) => [`__Host-fermata_order_${idOf(index)}`, 'token']))
  expect(keepOrderToken(jar, idOf(4), 'token', true)).toHaveLength(1)
  expect(orderTokenFrom(jar, idOf(4))).toBe('token')
  expect(orderTokenFrom(jar, idOf(40))).toBeUndefined()
})
