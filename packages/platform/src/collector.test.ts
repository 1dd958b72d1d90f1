import { expect, test } from 'vitest'
import { createCollector, type CollectorOptions } from './collector.ts'
import { createMetrics } from './metrics.ts'
import { no_tracing } from './tracing.ts'

interface Batch { lane: string, requests: string[], enter: () => void, end: () => void }

/** A collector whose batches enter and end when the test says so. */
function startCollector (options: Partial<CollectorOptions<string, string>> = {}) {
  const batches: Batch[] = []
  const collector = createCollector<string, string>({
    serve: (lane, requests, enter) => new Promise(resolve => {
      batches.push({ lane, requests, enter, end: () => resolve(requests.map(request => `answer to ${request}`)) })
    }),
    full: () => new Error('full'), isHopeless: () => false,
    max_batch: 3, max_waiting_per_lane: 5, max_waiting: 8, max_parallel: 2, ...options,
  })
  return { collector, batches }
}

const turn = () => new Promise(resolve => setImmediate(resolve))

test('collector: the first leaves at once, those who come meanwhile leave together, each gets its own answer', async () => {
  const { collector, batches } = startCollector()
  const answers = ['a', 'b', 'c', 'd', 'e'].map(request => collector.add('event', request))
  expect(batches.map(batch => batch.requests)).toEqual([['a']])
  batches[0]!.end()
  await turn()
  expect(batches[1]!.requests).toEqual(['b', 'c', 'd'])
  batches[1]!.end()
  await turn()
  expect(batches[2]!.requests).toEqual(['e'])
  batches[2]!.end()
  expect(await Promise.all(answers)).toEqual(['a', 'b', 'c', 'd', 'e'].map(request => `answer to ${request}`))
})

test('collector: once a batch has entered, one large batch lines up behind it and no more', async () => {
  const { collector, batches } = startCollector(
    { max_batch: 100, max_waiting_per_lane: 1000, max_waiting: 1000, max_parallel: 6 })
  const come = (count: number) =>
    Array.from({ length: count }, (_, n) => collector.add('event', `${n}`))
  const answers = come(64)
  batches[0]!.enter()
  expect(batches, 'too few wait for the price of a batch').toHaveLength(1)
  answers.push(...come(1))
  expect(batches.map(batch => batch.requests.length)).toEqual([1, 64])
  answers.push(...come(150))
  batches[0]!.enter()
  expect(batches, 'the second has not entered').toHaveLength(2)
  batches[0]!.end()
  await turn()
  expect(batches).toHaveLength(2)
  batches[1]!.enter()
  expect(batches.map(batch => batch.requests.length)).toEqual([1, 64, 100])
  for (let at = 1; at < 4; at++) {
    batches[at]!.end()
    await turn()
  }
  expect(await Promise.all(answers)).toHaveLength(215)
})

test('collector: names the lanes that are full, until a batch has left them', async () => {
  const { collector, batches } = startCollector()
  for (let i = 0; i < 6; i++) void collector.add('x', `x${i}`)
  expect([...collector.full_lanes]).toEqual([])
  expect(() => collector.add('x', 'too many')).toThrow('full')
  expect([...collector.full_lanes]).toEqual(['x'])
  batches[0]!.end()
  await turn()
  expect([...collector.full_lanes]).toEqual([])
})

test('collector: tells how many wait in all collectors of a service, and how large batches are', async () => {
  const metrics = createMetrics()
  const ctx = { service: 'orders' as const, metrics, tracing: no_tracing }
  const one = startCollector({ ctx })
  const other = startCollector({ ctx })
  const told = async () => {
    const text = await metrics.registry.metrics()
    return [/^fermata_collector_waiting\{service="orders"\} (.*)$/m, /^fermata_collector_batch_requests_count\{service="orders"\} (.*)$/m,
      /^fermata_collector_batch_requests_sum\{service="orders"\} (.*)$/m].map(pattern => Number(pattern.exec(text)?.[1]))
  }
  expect(await told()).toEqual([0, NaN, NaN])
  for (const name of ['a', 'b', 'c']) void one.collector.add('x', name)
  void other.collector.add('x', 'd')
  void other.collector.add('x', 'e')
  expect(await told()).toEqual([3, 2, 2])
  one.batches[0]!.end()
  await turn()
  expect(await told()).toEqual([1, 3, 4])
})

test('collector: lanes run beside each other up to the limit and take turns', async () => {
  const { collector, batches } = startCollector()
  for (const lane of ['x', 'y', 'z']) for (const n of [1, 2]) void collector.add(lane, `${lane}${n}`)
  expect(batches.map(batch => batch.lane)).toEqual(['x', 'y'])
  batches[0]!.end()
  await turn()
  expect(batches.map(batch => batch.lane)).toEqual(['x', 'y', 'z'])
})

test('collector: refuses at once beyond what a lane or all lanes may queue, and takes more once served', async () => {
  const { collector, batches } = startCollector()
  for (let i = 0; i < 6; i++) void collector.add('x', `x${i}`)
  expect(() => collector.add('x', 'too many')).toThrow('full')
  for (let i = 0; i < 4; i++) void collector.add('y', `y${i}`)
  expect(() => collector.add('y', 'too many in all')).toThrow('full')
  batches[0]!.end()
  await turn()
  expect(() => void collector.add('x', 'fits')).not.toThrow()
})

test('collector: a bad request fails alone, its neighbours are served in order', async () => {
  const served: string[] = []
  const { collector } = startCollector({ max_batch: 8, max_waiting_per_lane: 20, max_waiting: 20,
    serve: async (_, requests) => {
      await turn()
      if (requests.includes('bad')) throw new Error('bad request')
      served.push(...requests)
      return requests
    } })
  const results = await Promise.allSettled(
    ['a', 'b', 'bad', 'c', 'd', 'e'].map(request => collector.add('x', request)))
  expect(results.map(result => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'])
  expect(served).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('collector: a request that fails once is tried again, one that always fails is tried three times', async () => {
  let tries = 0
  const once = startCollector({ serve: async (_, requests) => {
    if (++tries === 1) throw new Error('the code was taken')
    return requests
  } })
  expect(await once.collector.add('x', 'a')).toBe('a')
  tries = 0
  const always = startCollector({ serve: async () => {
    tries++
    throw new Error('never')
  } })
  await expect(always.collector.add('x', 'a')).rejects.toThrow('never')
  expect(tries).toBe(3)
})

test('collector: what halving cannot cure fails the batch once, without trying again', async () => {
  let tries = 0
  const { collector } = startCollector({ isHopeless: () => true, serve: async () => {
    tries++
    throw new Error('the database is away')
  } })
  await expect(collector.add('x', 'a')).rejects.toThrow('away')
  expect(tries).toBe(1)
})
