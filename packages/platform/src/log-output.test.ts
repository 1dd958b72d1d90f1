import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rename, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@fermata/testkit/start'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLogFile, droppedLines } from './log-output.ts'

/** Logs that cannot be written: what is lost is counted, and nobody waits. */

const unix = process.platform !== 'win32'
let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fermata-output-'))
  path = join(folder, 'orders.log')
})
afterEach(() => rm(folder, { recursive: true }))

const textOf = (file: string) => readFile(file, 'utf8').catch(() => '')
const has = (words: string) => eventually(async () => (await textOf(path)).includes(words), words)

test.runIf(unix)('createLogFile: a full disk loses lines, which are told of when there is room', async () => {
  await symlink('/dev/full', path)
  const before = droppedLines().file
  const log = createLogFile(path, 'orders', 1e6)
  for (let n = 0; n < 5; n++) log.write(`{"n":${n}}\n`)
  await eventually(async () => droppedLines().file === before + 5, 'five lines to be counted')

  await unlink(path)
  await eventually(async () => {
    log.write('{"n":"later"}\n')
    return (await textOf(path)).includes('later')
  }, 'a line that could be written')

  const [notice] = (await textOf(path)).trim().split('\n')
  expect(JSON.parse(notice!)).toMatchObject({ level: 40, service: 'orders' })
  expect((JSON.parse(notice!) as { dropped: number }).dropped).toBeGreaterThanOrEqual(5)
})

test.runIf(unix)('createLogFile: nobody waits for the reader of a named pipe', async () => {
  execFileSync('mkfifo', [path])
  const before = droppedLines().file
  createLogFile(path, 'orders', 1e6).write('{}\n')

  await eventually(async () => droppedLines().file > before, 'the line to be counted')
  expect(droppedLines().file).toBe(before + 1)
})

test('createLogFile: a folder that is none, and one that was removed', async () => {
  const nowhere = join(folder, 'file', 'orders.log')
  await writeFile(join(folder, 'file'), '')
  const before = droppedLines().file
  createLogFile(nowhere, 'orders', 1e6).write('{}\n')
  await eventually(async () => droppedLines().file > before)
  expect(droppedLines().file).toBe(before + 1)

  path = join(folder, 'new', 'logs', 'orders.log')
  const log = createLogFile(path, 'orders', 1e6)
  log.write('"first"\n')
  await has('first')
  await rm(join(folder, 'new'), { recursive: true })
  await eventually(async () => {
    log.write('"second"\n')
    return (await textOf(path)).includes('second')
  }, 'a new file')
})

test('createLogFile: a file and its predecessor have a size', async () => {
  const log = createLogFile(path, 'orders', 100_000)
  const line = `"${'x'.repeat(997)}"\n`
  for (let portion = 0; portion < 20; portion++) {
    for (let n = 0; n < 30; n++) log.write(line)
    log.write(`"portion ${portion}"\n`)
    await eventually(async () => (await textOf(path) + await textOf(`${path}.1`))
      .includes(`portion ${portion}`), `portion ${portion}`)
  }
  log.write('"end"\n')
  await has('end')

  for (const file of [path, `${path}.1`]) {
    expect((await stat(file)).size).toBeLessThan(150_000)
  }
  expect((await stat(`${path}.1`)).size).toBeGreaterThanOrEqual(100_000)
})

test.runIf(unix)('createLogFile: one that was moved away by somebody else is made anew', async () => {
  const log = createLogFile(path, 'orders', 1e6)
  log.write('"first"\n')
  await has('first')
  await rename(path, join(folder, 'kept'))
  await eventually(async () => {
    log.write('"second"\n')
    return (await textOf(path)).includes('second')
  }, 'a new file')
  expect(await textOf(join(folder, 'kept'))).toContain('first')
})

/** A process that logs and ends at once. */
const program = `
  import { createLog } from ${JSON.stringify(new URL('./log.ts', import.meta.url).href)}
  const [folder] = process.argv.slice(1)
  const log = createLog('orders', { level: 'info', folder })
  for (let n = 0; n < 200; n++) log.info({ n, filler: 'x'.repeat(1000) }, 'line')
  setTimeout(() => { log.info('last'); process.exit(0) }, 300)`

const run = (stdout: 'pipe' | number) => spawn(
  process.execPath, ['--input-type=module', '--eval', program, folder],
  { stdio: ['ignore', stdout, 'inherit'] })

test('createLog: what was written last is in the file when the process ends', async () => {
  const child = run('pipe')
  child.stdout!.resume()
  expect(await once(child, 'exit')).toEqual([0, null])
  const lines = (await textOf(path)).trim().split('\n')
  expect(lines).toHaveLength(201)
  expect(lines.at(-1)).toContain('last')
})

test.runIf(unix)('createLog: a process ends although its log is full and nobody reads its pipe', async () => {
  await symlink('/dev/full', path)
  // Paused: after 64 kB the pipe is full.
  const child = run('pipe')
  child.stdout!.pause()
  const killer = setTimeout(() => child.kill('SIGKILL'), 20_000)
  expect(await once(child, 'exit')).toEqual([0, null])
  clearTimeout(killer)
})
