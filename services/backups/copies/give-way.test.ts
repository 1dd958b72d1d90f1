import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
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

test('giveWay: while every core is busy others have most of the time', async () => {
  const busy = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['-e', 'process.stdout.write("busy"); for (;;) {}']))
  try {
    await Promise.all(busy.map(one => new Promise(resolve => one.stdout.once('data', resolve))))

    const { seen, took_ms } = await timed(giveWay(pieces()))

    expect(seen).toEqual(Array.from({ length: 60 }, (_, piece) => piece))
    // Sixty milliseconds of work hold at least two rests, unless a core was left over at once.
    expect(took_ms).toBeGreaterThan(300)
  } finally {
    for (const one of busy) one.kill('SIGKILL')
  }
})
