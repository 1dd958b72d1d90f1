import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { boundLog } from '../bound-log.ts'
import type { Binaries } from './binaries.ts'
import { cannotRun, cleanEnvironment, runProgram, type Place } from './data-folder.ts'
import { explain } from './explain.ts'
import { isPostgresOf, readPidFile, sendSignal, stopServer } from './postmaster.ts'

/** The log file and its one predecessor stay below this, each. */
const longest_log_bytes = 10 * 1024 * 1024

/**
 * Replaying the log after a crash is bounded by max_wal_size, but a slow disk may need minutes for
 * it.
 */
const longest_start_ms = 600_000

/**
 * Without an effect where it cannot be done: a database that does not start for want of a log would
 * be the greater trouble.
 */
export const keepLogShort = (log: string): Promise<void> =>
  boundLog(log, longest_log_bytes).catch(() => {})

export interface StartedServer { pid: number, child?: ChildProcess }

/**
 * Starts the server and waits until it accepts connections. Throws an explanation when it ends
 * before.
 */
export async function spawnServer (
  place: Place, binaries: Binaries, config: string, log: (line: string) => void,
): Promise<StartedServer> {
  await keepLogShort(place.log)
  if (process.platform === 'win32') return startOnWindows(place, binaries, config)
  const file = await openLog(place.log)
  const output = file?.fd ?? 'ignore'
  const begin = (await file?.stat())?.size ?? 0
  const { uid, gid } = place.account
  let failure: Error | undefined
  // In its own session: Ctrl-C in the terminal reaches Node, which stops the server after it has
  // finished with it.
  const child = spawn(binaries.postgres, ['-D', place.data, '-c', `config_file=${config}`], {
    uid, gid, cwd: place.folder, env: cleanEnvironment(), detached: true,
    stdio: ['ignore', output, output],
  })
  child.on('error', error => { failure = cannotRun(binaries.postgres, error, place) })
  child.unref()
  // Whoever gives up waiting leaves nothing behind that is still replaying its log.
  const tellServer = () => { if (child.pid !== undefined) sendSignal(child.pid, 'SIGINT') }
  process.once('exit', tellServer)
  await file?.close()
  const ended = () => failure !== undefined || child.exitCode !== null || child.signalCode !== null
  const ready = await waitUntilReady(place.data, () => child.pid, () => !ended(), log)
    .finally(() => process.off('exit', tellServer))
  if (ready) return { pid: child.pid!, child }
  // Still running after all this time: it must not stay behind without anybody to watch it.
  if (!ended() && child.pid !== undefined) await stopServer(child.pid, place.data)
  throw failure ?? explain(await readEnd(place.log, begin), place.folder)
}

/** Undefined where no file can be made, as on a full disk; the server runs without one. */
function openLog (log: string): Promise<FileHandle | undefined> {
  // Not through a symbolic link: root may be writing into a folder of somebody else.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW
  return open(log, flags, 0o600).catch(() => undefined)
}

/** There an administrator may not run the server either; pg_ctl starts it with fewer rights. */
async function startOnWindows (
  place: Place, binaries: Binaries, config: string,
): Promise<StartedServer> {
  const patience_s = String(longest_start_ms / 1_000)
  const options = ['-o', `-c config_file="${config}"`, '-l', place.log, '-t', patience_s]
  await runProgram(binaries.pg_ctl, ['start', '-w', '-D', place.data, ...options], place)
  const file = await readPidFile(place.data)
  if (!file) throw explain(await readEnd(place.log, 0), place.folder)
  return { pid: file.pid }
}

/**
 * Waits for "ready" in the pid file, as pg_ctl does. False when the server ends or the time is
 * over.
 */
export async function waitUntilReady (
  data: string, pid: () => number | undefined, alive: () => boolean, log: (line: string) => void,
): Promise<boolean> {
  const begin = Date.now()
  let said_at = begin
  while (alive() && Date.now() - begin < longest_start_ms) {
    const file = await readPidFile(data)
    if (file && file.pid === pid() && file.status === 'ready') return true
    if (Date.now() - said_at > 5_000) {
      said_at = Date.now()
      log(`The database is still starting after ${Math.round((said_at - begin) / 1000)} s: it replays its log after a crash.`)
    }
    await sleep(5)
  }
  return false
}

/** Waits for a server somebody else started. */
export const waitForOrphan = (pid: number, data: string, log: (line: string) => void) =>
  waitUntilReady(data, () => pid, () => isPostgresOf(pid, data), log)

async function readEnd (log: string, begin: number): Promise<string> {
  const file = await open(log, 'r').catch(() => undefined)
  if (!file) return ''
  try {
    const { size } = await file.stat()
    const from = Math.max(begin, size - 16_384)
    const length = Math.max(0, size - from)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from)
    return buffer.subarray(0, bytesRead).toString('utf8')
  } finally {
    await file.close()
  }
}

/** A free port on loopback: the wanted one when nobody has it, otherwise one the system chooses. */
export function freePort (wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', error => wanted === 0 ? reject(error) : resolve(freePort(0)))
    probe.listen({ port: wanted, host: '127.0.0.1', exclusive: true }, () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
