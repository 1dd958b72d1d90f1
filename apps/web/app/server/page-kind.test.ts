import { expect, test } from 'vitest'
import { readChoice, readCodes } from '../shop/choice.ts'
import { readSearch } from '../shop/search.ts'
import { pageKindOf, type PageRequest } from './page-kind.server.ts'

const areas = new Set(['', 'events', 'orders', 'sign-in', 'account', 'organizer', 'artwork'])
const kindOf = (url: string, rest: Partial<PageRequest> = {}) => pageKindOf({
  method: 'GET', url, cookie: undefined, authorization: undefined, accept_language: undefined,
  is_secure: false, ...rest,
}, areas)
const isShared = (url: string, rest?: Partial<PageRequest>) => kindOf(url, rest).is_same_for_all

test('pageKindOf: public pages are the same for all who are nobody', () => {
  for (const url of ['/', '/?q=jazz', '/_.data', '/events/a-night', '/events/a-night.data?_routes=root',
    '/events/caf%C3%A9', '/artwork/music/a-night.svg']) {
    expect(kindOf(url), url).toMatchObject({ language: 'en', line: 'looking', is_same_for_all: true })
  }
  expect(isShared('/', { cookie: 'fermata_lang=fr; somebody_elses=1' })).toBe(true)
  expect(isShared('/', { method: 'HEAD' })).toBe(true)
})

test('pageKindOf: whoever has a cookie of ours or a token gets a page of their own', () => {
  for (const name of ['fermata_access', 'fermata_refresh', 'fermata_queue_1', 'fermata_order_1',
    'fermata_visitor', 'fermata_new']) {
    const known = { line: 'known', is_same_for_all: false }
    expect(kindOf('/events/a', { cookie: `a=b; ${name}=x` }), name).toMatchObject(known)
    const secure = (cookie: string) => kindOf('/events/a', { cookie, is_secure: true })
    expect(secure(`a=b; __Host-${name}=x`), name).toMatchObject(known)
    // Over HTTPS a cookie without the prefix can be anybody's.
    expect(secure(`a=b; ${name}=x`), name).toMatchObject({ is_same_for_all: true })
  }
  expect(isShared('/', { authorization: 'Bearer x' })).toBe(false)
})

test('pageKindOf: all other addresses and methods are of those who buy, waiting rooms apart', () => {
  for (const url of ['/events/a/checkout', '/orders/1', '/orders/1.data', '/sign-in', '/account/tickets',
    '/events/..\\orders\\1', '/events/', '/events/..', '/events/%2e%2E', '/events/%E0', '/organizer', '/Organizer/x']) {
    expect(kindOf(url), url).toMatchObject({ line: 'buying', is_same_for_all: false })
  }
  expect(kindOf('/', { method: 'POST' })).toMatchObject({ line: 'buying', is_same_for_all: false })
  expect(kindOf('/events/a/queue.data', { method: 'POST' })).toMatchObject({ line: 'known' })
})

test('pageKindOf: an answer that sets the language, or tries a code, is not shared', () => {
  expect(kindOf('/?lang=fr')).toMatchObject({ language: 'fr', is_same_for_all: false })
  expect(kindOf('/?lang=fr', { cookie: 'fermata_lang=fr' }))
    .toMatchObject({ language: 'fr', is_same_for_all: true })
  expect(isShared('/events/a?c%6fde=SECRET')).toBe(false)
  expect(isShared('/events/a?promo=TEN')).toBe(false)
  expect(isShared(`/?q=${'%F0%9F%8E%B5'.repeat(100)}&city=${'%C3%A9'.repeat(120)}`)).toBe(true)
  expect(isShared(`/events/${'x'.repeat(2000)}`)).toBe(false)
  expect(kindOf('/', { accept_language: 'fr-CA,en;q=0.5' }).language).toBe('fr')
})

test('pageKindOf: whatever no loader reads makes no page of its own', () => {
  const address = (url: string) => kindOf(url).address
  for (const url of ['/?look=1', '/?', '/?Q=jazz', '/?utm_source=x&lang=de', '/?q=&from=soon&category=none', '/?code=x',
    '/?_routes=root', '//', '/?0198f3c0-0000-7000-8000-000000000001=2']) {
    expect(address(url), url).toBe('/')
  }
  for (const url of ['/events/a-night?look=1', '/events/a-night/', '/Events/a%2Dnight', '/events/%61-night?q=x&cursor=y',
    '/events/a-night?code=&promo=', '/events/a-night?x=2&price_x=3']) {
    expect(address(url), url).toBe('/events/a-night')
  }
  expect(address('/artwork/music/a.svg?x=1')).toBe('/artwork/music/a.svg')
  expect(address('/?to=2027-01-02&q=+jazz+&q=rock&look=1&from=2027-01-01'))
    .toBe('/?q=jazz&from=2027-01-01&to=2027-01-02')
  expect(address('/_.data?_routes=shop%2Fhome,evil,root&x=1')).toBe('/_.data?_routes=root%2Cshop%2Fhome')
  expect(address('/events/a.data?_routes=x')).toBe('/events/a.data')
})

test('pageKindOf: what is left of an address is all that the loaders read', () => {
  const type = '0198f3c0-0000-7000-8000-000000000001'
  const url = `/events/a?x=1&${type}=2&price_${type}=3.50&code=DOOR&promo=TEN&choose=1`
  const [before, after] = [url, kindOf(url).address]
    .map(one => new URLSearchParams(one.split('?')[1]))
  expect(readChoice(after!)).toEqual(readChoice(before!))
  expect(readCodes(after!)).toEqual(readCodes(before!))
  expect(after!.get('choose')).toBe('1')
  const search = '/?q=a+b&city=Lyon&category=film&from=2027-01-01&to=2027-01-02&cursor=abc&lang=fr'
  expect(readSearch(new URLSearchParams(kindOf(search).address.split('?')[1])))
    .toEqual(readSearch(new URLSearchParams(search.split('?')[1])))
})

test('pageKindOf: pages that there are not do not wait with those who buy', () => {
  for (const url of ['/wp-login.php', '/a/b/c', '/x.data', '/%2e%2e/x']) {
    expect(kindOf(url), url).toMatchObject({ line: 'looking', is_same_for_all: false })
  }
})
