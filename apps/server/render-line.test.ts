import { expect, test } from 'vitest'
import { createRenderLine, type Turn } from './render-line.ts'

const here = () => false
const leave = (turn: Turn) => { if (typeof turn === 'object') turn.leave() }

test('createRenderLine: no more than so many work, and the rest come in their order', async () => {
  const line = createRenderLine({ at_work: 3, waiting: 10, wait_ms: 5000 })
  const first = await Promise.all([line.enter('a', here).turn, line.enter('a', here).turn])
  const order: number[] = []
  const later = [1, 2, 3].map(async number => {
    const turn = await line.enter('a', here).turn
    order.push(number)
    return turn
  })
  await new Promise(resolve => setImmediate(resolve))
  expect(order).toEqual([])
  leave(first[0])
  // A second time frees no second place.
  leave(first[0])
  leave(await later[0]!)
  leave(await later[1]!)
  leave(await later[2]!)
  expect(order).toEqual([1, 2, 3])
})

test('createRenderLine: beyond its room it refuses at once, and after its time', async () => {
  const line = createRenderLine({ at_work: 1, waiting: 1, wait_ms: 30 })
  const turn = await line.enter('a', here).turn
  const waiting = line.enter('a', here).turn
  expect(await line.enter('a', here).turn).toBe('full')
  expect(await waiting).toBe('full')
  leave(turn)
  expect(await line.enter('a', here).turn).toHaveProperty('leave')
})

test('createRenderLine: who is gone is not begun and keeps nobody out', async () => {
  const line = createRenderLine({ at_work: 1, waiting: 1, wait_ms: 5000 })
  const turn = await line.enter('a', here).turn
  let is_gone = false
  const left = line.enter('a', () => is_gone).turn
  is_gone = true
  const next = line.enter('a', here).turn
  expect(await left).toBe('gone')
  leave(turn)
  expect(await next).toHaveProperty('leave')
  expect(await line.enter('a', () => true).turn).toBe('gone')
})

test('createRenderLine: networks take turns, and a flood of one waits for itself', async () => {
  const line = createRenderLine({ at_work: 1, waiting: 100, wait_ms: 5000 })
  const first = await line.enter('flood', here).turn
  const order: string[] = []
  const enter = async (network: string) => {
    const turn = await line.enter(network, here).turn
    order.push(network)
    setImmediate(() => leave(turn))
  }
  const all = ['flood', 'flood', 'flood', 'flood', 'one', 'two', 'one'].map(enter)
  leave(first)
  await Promise.all(all)
  expect(order).toEqual(['flood', 'one', 'two', 'flood', 'one', 'flood', 'flood'])
})

test('createRenderLine: a full line takes a network with few who wait, in the place of the last of most', async () => {
  const line = createRenderLine({ at_work: 1, waiting: 6, wait_ms: 5000 })
  const working = await line.enter('flood', here).turn
  const flood = [1, 2, 3, 4, 5, 6].map(() => line.enter('flood', here).turn)
  expect(await line.enter('flood', here).turn).toBe('full')
  const honest = ['one', 'two'].map(network => line.enter(network, here).turn)
  expect(await Promise.all(flood.slice(4))).toEqual(['full', 'full'])
  leave(working)
  leave(await flood[0]!)
  leave(await honest[0]!)
  leave(await honest[1]!)
  for (const turn of flood.slice(1, 4)) leave(await turn)
})

test('createRenderLine: one render is never given to a network that has all others', async () => {
  const line = createRenderLine({ at_work: 3, waiting: 10, wait_ms: 5000 })
  const flood = [1, 2, 3].map(() => line.enter('flood', here).turn)
  const two = await Promise.all(flood.slice(0, 2))
  const other = await line.enter('other', here).turn
  expect(other).toHaveProperty('leave')
  leave(two[0]!)
  leave(await flood[2]!)
  leave(two[1]!)
  leave(other)
})

test('createRenderLine: a place that others join has a turn of theirs', async () => {
  const line = createRenderLine({ at_work: 1, waiting: 10, wait_ms: 5000 })
  const working = await line.enter('flood', here).turn
  const before = [1, 2, 3].map(() => line.enter('flood', here).turn)
  const shared = line.enter('flood', here)
  shared.join('one')
  shared.join('one')
  leave(working)
  leave(await before[0]!)
  const turn = await shared.turn
  expect(turn).toHaveProperty('leave')
  leave(turn)
  leave(await before[1]!)
  leave(await before[2]!)
})
