import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createDataFolder, startServerProcess } from '@fermata/testkit/server-process'
import { expect, test } from 'vitest'
import { median } from '../../bench/statistics.ts'
import { atScale, figure, is_whole } from '../proofs/proof.ts'
import { loadMixed, type Loaded, type MemorySample } from './mixed-load.ts'

const seed = 1 + Math.floor(Math.random() * 1_000_000)

/** Code is compiled, pools are full and caches warm by then. */
const warm_after_s = 300
/** What a garbage collector leaves for later goes up and down by more than a little. */
const most_growth = 0.1

/**
 * By how much memory grows in the time after the start: the slope through the medians of its
 * thirds, so that one big collection neither hides nor feigns a leak.
 */
function growthOf (samples: readonly MemorySample[], from_s: number): number {
  const later = samples.filter(({ at_s }) => at_s >= from_s)
  const third = Math.floor(later.length / 3)
  const [first, , last] = [0, 1, 2].map(at => median(
    later.slice(at * third, (at + 1) * third).map(({ node_mb }) => node_mb)))
  return last! / first! - 1
}

async function runLoad (
  seconds: number, environment: Record<string, string> = {}
): Promise<Loaded> {
  const data = await createDataFolder()
  const server = await startServerProcess(data.folder, { LOG_LEVEL: 'warn', ...environment })
  try {
    return await loadMixed(server, { seed, seconds, buyers_per_second: atScale(8, 12) })
  } finally {
    await server.stop()
    await data.remove()
  }
}

test('R23: mixed load: no answer of 5xx is without a reason, and memory is flat after five minutes', async () => {
  const loaded = await runLoad(atScale(6, 1800))
  const { counts, statuses, unexplained, memory, rounds, asked } = loaded
  console.log(`mixed load: seed ${seed}, ${rounds} rounds, ${counts.came} buyers, ${counts.paid} paid, ` +
    `${asked} other requests; ${[...statuses].sort().map(pair => pair.join(': ')).join(', ')}`)
  expect(unexplained).toEqual([])
  expect(counts.failed).toBe(0)
  expect(counts.paid).toBeGreaterThan(rounds * 3)
  expect(counts.sold_out).toBeGreaterThan(0)
  if (!is_whole) return
  const growth = growthOf(memory, warm_after_s)
  const of_time = (from: number, to: number) => Math.round(median(
    memory.filter(({ at_s }) => at_s >= from && at_s < to).map(({ node_mb }) => node_mb)))
  const at = [0, 300, 600, 900, 1200, 1500].map(from => of_time(from, from + 300))
  figure('R23', `${Math.round(memory.at(-1)!.at_s / 60)} minutes, ${counts.came} buyers (${counts.paid} paid, ` +
    `${counts.sold_out} found nothing left), ${asked} requests of the desk, the door and visitors; ` +
    `${statuses.get(503) ?? 0} answers of 503, none of another 5xx. Resident memory of Node, medians of five ` +
    `minutes each: ${at.join(', ')} MB; after the first five it grew by ${(growth * 100).toFixed(1)} %.`)
  expect(growth).toBeLessThan(most_growth)
}, is_whole ? 3_000_000 : 300_000)

// A start's own growth would pass for a leak in the seconds of a slice.
test.runIf(is_whole)('R23: control: a server that keeps a little of every request is not taken for flat', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fermata-leak-'))
  const leak = join(folder, 'leak.mjs')
  await writeFile(leak, `const kept = []
    if (process.argv[1]?.endsWith('apps/server/main.ts')) {
      setInterval(() => kept.push(Buffer.alloc(8 * 1024 * 1024, 1)), 500).unref()
    }`)
  try {
    const { memory } = await runLoad(60, { NODE_OPTIONS: `--import ${pathToFileURL(leak).href}` })
    expect(growthOf(memory, 0)).toBeGreaterThan(most_growth)
  } finally {
    await rm(folder, { recursive: true })
  }
}, 300_000)
