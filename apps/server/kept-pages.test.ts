import { expect, test } from 'vitest'
import { createKeptPages, finishPage, type Making } from './kept-pages.ts'

const here = () => new AbortController().signal
const options = { kept_ms: 1000, max_pages: 3, max_bytes: 10_000 }

/** Makes pages whose text is their number. */
function startMaker (init: ResponseInit = {}, length = 0) {
  let made = 0
  return {
    count: () => made,
    async make (making: Making) {
      making.begin()
      return finishPage(new Response(String(++made).padEnd(length), init), 'nonce')
    },
  }
}

const textOf = (page: unknown) => (page as { body: Buffer } | null)?.body.toString().trim() ?? null

test('createKeptPages: a page is made once a second, from the moment it began to read', async () => {
  let now = 0
  const pages = createKeptPages({ ...options, now: () => now })
  const { make, count } = startMaker()
  const asked = await Promise.all([1, 2, 3].map(() => pages.find('a', here(), make)))
  expect(asked.map(textOf)).toEqual(['1', '1', '1'])
  now = 999
  expect(textOf(await pages.find('a', here(), make))).toBe('1')
  now = 1000
  expect(textOf(await pages.find('a', here(), make))).toBe('2')
  expect(count()).toBe(2)
})

test('createKeptPages: a render that takes long is not joined when it is old', async () => {
  let now = 0
  const pages = createKeptPages({ ...options, now: () => now })
  const slow = Promise.withResolvers<Response>()
  const old = pages.find('a', here(), async making => {
    making.begin()
    return finishPage(await slow.promise, 'nonce')
  })
  await Promise.resolve()
  now = 1500
  expect(textOf(await pages.find('a', here(), startMaker().make))).toBe('1')
  slow.resolve(new Response('old'))
  expect(textOf(await old)).toBe('old')
  expect(textOf(await pages.find('a', here(), startMaker().make))).toBe('1')
})

test('createKeptPages: cookies and failures reach only who caused them, and are not kept', async () => {
  const pages = createKeptPages(options)
  for (const init of [{ headers: { 'set-cookie': 'a=1' } }, { status: 503 }, { status: 429 }, { status: 302 }]) {
    const { make } = startMaker(init)
    const asked = await Promise.all([1, 2].map(() => pages.find('a', here(), make)))
    expect(asked.map(textOf)).toEqual(['1', null])
    expect(textOf(await pages.find('a', here(), make))).toBe('2')
  }
  const broken = () => Promise.reject(new Error('broken'))
  const [first, second] = await Promise.allSettled([1, 2].map(() => pages.find('a', here(), broken)))
  expect(first).toMatchObject({ status: 'rejected' })
  expect(second).toEqual({ status: 'fulfilled', value: null })
})

test('createKeptPages: no more pages and bytes than it may have', async () => {
  const pages = createKeptPages(options)
  const { make, count } = startMaker()
  for (const key of ['a', 'b', 'c', 'd', 'b']) await pages.find(key, here(), make)
  expect(count()).toBe(4)
  await pages.find('a', here(), make)
  expect(count()).toBe(5)
  const large = startMaker({}, 6000)
  for (const key of ['e', 'f', 'f']) await pages.find(key, here(), large.make)
  expect(large.count()).toBe(2)
})

test('createKeptPages: a render is wanted until the last who asked has left', async () => {
  const pages = createKeptPages(options)
  const visitors = [new AbortController(), new AbortController()]
  const turn = Promise.withResolvers<void>()
  const wanted: boolean[] = []
  const asked = visitors.map(({ signal }) => pages.find('a', signal, async making => {
    wanted.push(making.isWanted())
    visitors[0]!.abort()
    wanted.push(making.isWanted())
    visitors[1]!.abort()
    wanted.push(making.isWanted())
    await turn.promise
    return 'gone' as const
  }))
  turn.resolve()
  expect(await Promise.all(asked)).toEqual(['gone', 'gone'])
  expect(wanted).toEqual([true, true, false])
})
