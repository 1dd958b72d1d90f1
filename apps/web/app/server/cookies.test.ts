import { expect, test } from 'vitest'
import {
  keepOrderToken, loginTokenFrom, orderTokenFrom, readCookies, writeCookie,
} from './cookies.server.ts'

const idOf = (index: number) => `0198f3c0-0000-7000-8000-${String(index).padStart(12, '0')}`

const tokenOf = (index: number) => `ot_${'x'.repeat(60)}-${index}`

test('readCookies: values with equal signs, quotes and escapes come back whole', () => {
  const cookies = readCookies('a=1; token="x.y=z"; name=caf%C3%A9; broken=%E0; =none; bare', false)
  expect(Object.fromEntries(cookies)).toEqual({ a: '1', token: 'x.y=z', name: 'café', broken: '%E0' })
})

test('readCookies: the first of a name counts, and a header beyond all measure is not read', () => {
  expect(readCookies('a=1; a=2', false).get('a')).toBe('1')
  expect(readCookies(`a=${'x'.repeat(20_000)}`, false).size).toBe(0)
})

test('readCookies: over HTTPS only cookies of this very host count, by the names that we gave', () => {
  const header = 'fermata_access=evil; __Host-fermata_access=good; __Host-fermata_lang=fr; ' +
    'fermata_refresh=evil'
  expect(Object.fromEntries(readCookies(header, true)))
    .toEqual({ fermata_access: 'good', fermata_lang: 'fr' })
  expect(readCookies(header, false).get('fermata_access')).toBe('evil')
})

test('loginTokenFrom: what cannot be sent in a header is no token', () => {
  for (const text of ['%00', 'a%0d%0ab: c', '%ff', '', 'a b', 'a'.repeat(4001)]) {
    const cookies = readCookies(`fermata_access=${text}`, false)
    expect(loginTokenFrom(cookies, 'fermata_access'), text).toBeUndefined()
  }
  expect(loginTokenFrom(readCookies('fermata_access=a.b-_c', false), 'fermata_access')).toBe('a.b-_c')
})

test('writeCookie: cannot be used to add attributes or headers', () => {
  const cookie = writeCookie('a', 'x; Domain=evil.example\r\nSet-Cookie: b=1', { max_age_seconds: 5, is_secure: true })
  expect(cookie).not.toMatch(/[\r\n]/)
  expect(cookie.split('; ').slice(1)).toEqual(['Path=/', 'Max-Age=5', 'HttpOnly', 'SameSite=Lax', 'Secure'])
  expect(cookie).toMatch(/^__Host-a=/)
})

test('keepOrderToken: the eleventh order makes the oldest leave', () => {
  const jar = new Map(Array.from({ length: 10 }, (_, index) => [`fermata_order_${idOf(index)}`, tokenOf(index)]))
  const [kept, ...dropped] = keepOrderToken(jar, idOf(10), tokenOf(10), false)
  expect(kept).toContain(`fermata_order_${idOf(10)}=${tokenOf(10)}; Path=/; Max-Age=`)
  expect(dropped).toHaveLength(1)
  expect(dropped[0]).toContain(`fermata_order_${idOf(0)}=; Path=/; Max-Age=0`)
})

test('keepOrderToken: long tokens make room before a header is full, and what names no order goes', () => {
  const jar = new Map(Array.from({ length: 5 }, (_, index) => [`fermata_order_${idOf(index)}`, 'x'.repeat(900)]))
  jar.set('fermata_order_anything', 'x').set('fermata_order_', 'x').set('fermata_lang', 'fr')
  const [kept, ...dropped] = keepOrderToken(jar, idOf(9), 'x'.repeat(900), true)
  expect(kept).toMatch(/^__Host-fermata_order_/)
  const removed = [idOf(0), idOf(1), 'anything', '']
  expect(dropped.map(text => text.split('=')[0]!.slice('__Host-fermata_order_'.length)).sort()).toEqual(removed.sort())
})

test('keepOrderToken: an order that is kept already drops none', () => {
  const jar = new Map(Array.from({ length: 10 }, (_, index) => [`fermata_order_${idOf(index)}`, tokenOf(1)]))
  expect(keepOrderToken(jar, idOf(4), tokenOf(1), true)).toHaveLength(1)
  expect(orderTokenFrom(jar, idOf(4))).toBe(tokenOf(1))
  expect(orderTokenFrom(jar, idOf(40))).toBeUndefined()
  expect(orderTokenFrom(new Map([['fermata_order_x', 'token']]), 'x')).toBeUndefined()
  expect(orderTokenFrom(new Map([[`fermata_order_${idOf(1)}`, 'a b\r\n']]), idOf(1))).toBeUndefined()
})
