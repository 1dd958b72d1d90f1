import { expect, test } from 'vitest'
import { pageKindOf, type PageRequest } from './page-kind.server.ts'

const kindOf = (url: string, rest: Partial<PageRequest> = {}) => pageKindOf({
  method: 'GET', url, cookie: undefined, authorization: undefined, accept_language: undefined,
  ...rest,
})
const isShared = (url: string, rest?: Partial<PageRequest>) => kindOf(url, rest).is_same_for_all

test('pageKindOf: public pages are the same for all who are nobody', () => {
  for (const url of ['/', '/?q=jazz', '/_.data', '/events/a-night', '/events/a-night.data?_routes=x',
    '/events/caf%C3%A9', '/artwork/music/a-night.svg']) {
    expect(kindOf(url), url).toEqual({ language: 'en', line: 'looking', is_same_for_all: true })
  }
  expect(isShared('/', { cookie: 'fermata_lang=fr; somebody_elses=1' })).toBe(true)
  expect(isShared('/', { method: 'HEAD' })).toBe(true)
})

test('pageKindOf: whoever has a cookie of ours or a token gets a page of their own', () => {
  for (const name of ['fermata_access', '__Host-fermata_refresh', 'fermata_queue_1', 'fermata_order_1',
    '__Host-fermata_visitor', 'fermata_new']) {
    expect(kindOf('/events/a', { cookie: `a=b; ${name}=x` }), name)
      .toMatchObject({ line: 'known', is_same_for_all: false })
  }
  expect(isShared('/', { authorization: 'Bearer x' })).toBe(false)
})

test('pageKindOf: all other addresses and methods are of those who buy, waiting rooms apart', () => {
  for (const url of ['/events/a/checkout', '/orders/1', '/orders/1.data', '/sign-in', '/account/tickets',
    '/events/..\\orders\\1', '/events/', '/organizer']) {
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
  expect(isShared(`/?q=${'x'.repeat(2000)}`)).toBe(false)
  expect(kindOf('/', { accept_language: 'fr-CA,en;q=0.5' }).language).toBe('fr')
})
