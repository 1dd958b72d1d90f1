import { expect, test } from 'vitest'
import { createKeptPages, finishPage } from './kept-pages.ts'
import { createRenderLine, type Turn } from './render-line.ts'

const lineOf = (at_work: number) => createRenderLine({ at_work, waiting: 10, wait_ms: 5000 })
const lookerOf = (gone: AbortSignal, network = 'a', line = lineOf(100)) => ({ gone, network, line })
const here = (network?: string, line?: ReturnType<typeof lineOf>) =>
  lookerOf(new AbortController().signal, network, line)
const options = { kept_ms: 1000, shown_instead_ms: 60_000, max_pages: 3, max_bytes: 10_000 }

/** Makes pages whose text is their number. */
function startMaker (init: ResponseInit = {}, length = 0) {
  let made = 0
  return {
    count: () => made,
    async make () {
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
  const old = pages.find('a', here(), async () => finishPage(await slow.promise, 'nonce'))
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
  for (const leaving of [1, 2]) {
    const line = lineOf(1)
    const busy = await line.enter('a', () => false).turn as Exclude<Turn, string>
    const visitors = [new AbortController(), new AbortController()]
    const { make, count } = startMaker()
    const asked = visitors.map(({ signal }) => pages.find(`left by ${leaving}`, lookerOf(signal, 'a', line), make))
    for (const visitor of visitors.slice(0, leaving)) visitor.abort()
    busy.leave()
    const answers = await Promise.all(asked)
    expect(answers.map(answer => answer === 'gone')).toEqual([leaving === 2, leaving === 2])
    expect(count()).toBe(leaving === 2 ? 0 : 1)
  }
})

test('createKeptPages: who joins a render that waits behind a flood brings a turn of their own', async () => {
  const pages = createKeptPages(options)
  const line = lineOf(1)
  const busy = await line.enter('flood', () => false).turn as Exclude<Turn, string>
  const others = [1, 2, 3].map(() => line.enter('flood', () => false).turn)
  const { make } = startMaker()
  const asked = ['flood', 'honest'].map(network => pages.find('popular', here(network, line), make))
  busy.leave()
  const first = await others[0]! as Exclude<Turn, string>
  first.leave()
  // Two of the flood still wait.
  expect((await Promise.all(asked)).map(textOf)).toEqual(['1', '1'])
  for (const turn of others.slice(1)) (await turn as Exclude<Turn, string>).leave()
})
