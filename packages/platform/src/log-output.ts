import {
  closeSync, constants, mkdirSync, openSync, writeSync,
} from 'node:fs'
import { open, mkdir, rename, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Where the lines of a log go. Nobody waits for a log: a line that cannot be written, because the
 * disk is full, read-only or gone, or because nobody reads the pipe, is dropped and counted, and
 * the first line that can be written again is preceded by one that tells how many were not. Pino's
 * own destination would try again for ever when the process ends.
 */
export interface LogOutput { write (line: string): void }

/** Lines that wait for a slow disk or reader, in memory; what comes beyond is dropped. */
const max_waiting_bytes = 1024 * 1024
/** So long after a failure nothing is tried, and after so long the file is looked for anew. */
const look_again_ms = 1000

const dropped = { file: 0, stdout: 0 }

/** How many lines this process could not write since it began. */
export const droppedLines = (): Readonly<typeof dropped> => dropped

const noticeOf = (service: string, count: number) => count === 0 ? ''
  // The line before may have been cut off where the disk was full.
  : `\n${JSON.stringify({
    level: 40, time: new Date().toISOString(), service, dropped: count,
    msg: 'log lines could not be written and were dropped',
  })}\n`

/** Of stdout, which all logs of a process share. */
const stdout = { untold: 0, is_heard: false }

/** Standard output. A pipe that nobody reads is let be; Node would keep its lines in memory. */
export function createStdoutLog (service: string): LogOutput {
  const stream = process.stdout
  if (!stdout.is_heard) {
    stdout.is_heard = true
    // Without a listener a full disk or a reader that has gone would end the process.
    for (const one of [stream, process.stderr]) one.on('error', () => {})
  }
  const drop = (count: number, told: number) => {
    dropped.stdout += count
    stdout.untold += count + told
  }
  return {
    write (line) {
      if (stream.writableLength > max_waiting_bytes) return drop(1, 0)
      const told = stdout.untold
      stdout.untold = 0
      stream.write(noticeOf(service, told) + line, error => { if (error) drop(1, told) })
    },
  }
}

interface LogFile {
  path: string
  service: string
  max_bytes: number
  waiting: string[]
  waiting_bytes: number
  /** Dropped, and not yet told of in the file. */
  untold: number
  is_writing: boolean
  handle: FileHandle | undefined
  /** As far as we know; somebody else may have emptied it. */
  size_bytes: number
  looked_at_ms: number
  not_before_ms: number
}

const files = new Set<LogFile>()

/**
 * A file that only its owner may read, because ids of orders and accounts stand there. When it has
 * grown to `max_bytes` it becomes its own predecessor, `<path>.1`, so together they stay below
 * twice that.
 */
export function createLogFile (path: string, service: string, max_bytes: number): LogOutput {
  const file: LogFile = {
    path, service, max_bytes, waiting: [], waiting_bytes: 0, untold: 0, is_writing: false,
    handle: undefined, size_bytes: 0, looked_at_ms: 0, not_before_ms: 0,
  }
  if (files.size === 0) process.on('exit', () => { for (const one of files) writeRest(one) })
  files.add(file)
  return {
    write (line) {
      if (file.waiting_bytes + line.length > max_waiting_bytes) return drop(file, 1)
      file.waiting.push(line)
      file.waiting_bytes += line.length
      if (!file.is_writing) void writeWaiting(file)
    },
  }
}

function drop (file: LogFile, count: number): void {
  dropped.file += count
  file.untold += count
}

function takeWaiting (file: LogFile): string[] {
  const lines = file.waiting
  file.waiting = []
  file.waiting_bytes = 0
  return lines
}

/** One write at a time; what comes meanwhile goes with the next. */
async function writeWaiting (file: LogFile): Promise<void> {
  file.is_writing = true
  while (file.waiting.length > 0) {
    if (performance.now() < file.not_before_ms) drop(file, takeWaiting(file).length)
    else await writeOnce(file)
  }
  file.is_writing = false
}

async function writeOnce (file: LogFile): Promise<void> {
  const told = file.untold
  let lines: string[] = []
  try {
    const handle = await openFile(file)
    // Until here they wait where the end of the process finds them.
    lines = takeWaiting(file)
    file.untold -= told
    await append(file, handle, noticeOf(file.service, told) + lines.join(''))
    if (file.size_bytes >= file.max_bytes) await startAnew(file, handle)
  } catch {
    if (lines.length > 0) file.untold += told
    else lines = takeWaiting(file)
    drop(file, lines.length)
    file.not_before_ms = performance.now() + look_again_ms
    await close(file)
  }
}

async function append (file: LogFile, handle: FileHandle, text: string): Promise<void> {
  let rest = Buffer.from(text)
  while (rest.length > 0) {
    const { bytesWritten } = await handle.write(rest)
    file.size_bytes += bytesWritten
    rest = rest.subarray(bytesWritten)
  }
}

/** Never waits: a named pipe that nobody reads, in the file's place, fails at once. */
const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK

async function openFile (file: LogFile): Promise<FileHandle> {
  const now_ms = performance.now()
  if (file.handle && now_ms - file.looked_at_ms < look_again_ms) return file.handle
  file.looked_at_ms = now_ms
  if (file.handle && await isInPlace(file, file.handle)) return file.handle
  await close(file)
  await mkdir(dirname(file.path), { recursive: true, mode: 0o700 })
  const handle = file.handle = await open(file.path, flags, 0o600)
  // A file of another account is that account's to close; it is written all the same.
  await handle.chmod(0o600).catch(() => {})
  file.size_bytes = (await handle.stat()).size
  return handle
}

/** False when the file was removed or moved away, by whoever keeps logs short here. */
async function isInPlace (file: LogFile, handle: FileHandle): Promise<boolean> {
  const [own, there] = await Promise.all([handle.stat(), stat(file.path).catch(() => undefined)])
  return own.ino === there?.ino && own.dev === there.dev
}

async function startAnew (file: LogFile, handle: FileHandle): Promise<void> {
  file.size_bytes = (await handle.stat()).size
  if (file.size_bytes < file.max_bytes) return
  try {
    await rename(file.path, `${file.path}.1`)
    await close(file)
  } catch {
    // Where nothing can be renamed, the past is what gives way.
    await handle.truncate()
    file.size_bytes = 0
  }
}

async function close (file: LogFile): Promise<void> {
  const { handle } = file
  file.handle = undefined
  await handle?.close().catch(() => {})
}

/** At the end of the process there is one try, and no waiting. */
function writeRest (file: LogFile): void {
  const text = takeWaiting(file).join('')
  if (text === '') return
  try {
    mkdirSync(dirname(file.path), { recursive: true, mode: 0o700 })
    const descriptor = openSync(file.path, flags, 0o600)
    writeSync(descriptor, text)
    closeSync(descriptor)
  } catch {
    // Nobody is left who could be told.
  }
}
