import { expect, test } from 'vitest'
import { createRenderLine, type Turn } from './render-line.ts'

const here = () => false
const leave = (turn: Turn) => { if (typeof turn === 'object') turn.leave() }

test('createRenderLine: no more than so many work, and the rest come in their order', async () => {
  const line = createRenderLine({ at_work: 2, waiting: 10, wait_ms: 5000 })
  const first = await Promise.all([line.enter(here), line.enter(here)])
  const order: number[] = []
  const later = [1, 2, 3].map(async number => {
    const turn = await line.enter(here)
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
  const turn = await line.enter(here)
  const waiting = line.enter(here)
  expect(await line.enter(here)).toBe('full')
  expect(await waiting).toBe('full')
  leave(turn)
  expect(await line.enter(here)).toHaveProperty('leave')
})

test('createRenderLine: who is gone is not begun and keeps nobody out', async () => {
  const line = createRenderLine({ at_work: 1, waiting: 1, wait_ms: 5000 })
  const turn = await line.enter(here)
  let is_gone = false
  const left = line.enter(() => is_gone)
  is_gone = true
  const next = line.enter(here)
  expect(await left).toBe('gone')
  leave(turn)
  expect(await next).toHaveProperty('leave')
  expect(await line.enter(() => true)).toBe('gone')
})
