import { performance } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { giveWay } from './give-way.ts'

/** Sixty pieces of a millisecond's work each. */
async function * pieces () {
  for (let piece = 0; piece < 60; piece++) {
    const end = performance.now() + 1
    while (performance.now() < end) { /* works */ }
    yield piece
  }
}

async function timed (stream: AsyncIterable<number>) {
  const began = performance.now()
  const seen: number[] = []
  for await (const piece of stream) seen.push(piece)
  return { seen, took_ms: performance.now() - began }
}

test('giveWay: while every core is busy others have most of the time, and none where one is free', async () => {
  const busy = await timed(giveWay(pieces(), () => 0))
  const free = await timed(giveWay(pieces(), () => performance.now()))
  const all = Array.from({ length: 60 }, (_, piece) => piece)
  expect([busy.seen, free.seen]).toEqual([all, all])
  // Sixty milliseconds of work hold at least three rests; after the first a free core is known of.
  expect(busy.took_ms).toBeGreaterThan(450)
})
