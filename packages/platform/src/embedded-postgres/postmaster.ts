import { readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { execFileSync } from 'node:child_process'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findBinaries } from './binaries.ts'
import { trouble } from './explain.ts'

/** What a running server writes into `postmaster.pid`. */
export interface PidFile { pid: number, port: number, status: string }

export async function readPidFile (data: string): Promise<PidFile | undefined> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined
  return { pid, port: Number(lines[3] ?? 0), status: (lines[7] ?? '').trim() }
}

/**
 * Whether a process does anything still. A zombie has a process id and may be signalled, but it is
 * dead.
 */
export function isAlive (pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  if (process.platform !== 'linux') return true
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !/^ [ZX]/.test(stat.slice(stat.lastIndexOf(')') + 1))
  } catch {
    return false
  }
}

/**
 * Whether this living process is a PostgreSQL at work in this data folder, not a stranger that got
 * the same id.
 */
export function isPostgresOf (pid: number, data: string): boolean {
  if (!isAlive(pid)) return false
  try {
    if (process.platform === 'linux') {
      // Every PostgreSQL process works in its data folder. `npm ci` may have deleted the file it
      // was started from.
      return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(data)
        && /\/postgres( \(deleted\))?$/.test(readlinkSync(`/proc/${pid}/exe`))
    }
    if (process.platform === 'win32') {
      return execFileSync('tasklist', ['/FI', `PID eq ${pid}`, '/NH'], { encoding: 'utf8' }).includes('postgres.exe')
    }
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes(data)
  } catch {
    return false
  }
}

/** The server that runs on this folder, whoever started it. */
export async function findServer (data: string): Promise<PidFile | undefined> {
  const file = await readPidFile(data)
  return file && isPostgresOf(file.pid, data) ? file : undefined
}

/**
 * Clears what a dead server left, after `findServer` found none alive. PostgreSQL forgives a dead
 * process id by itself, but not one that another program has got since; and the processes of a
 * killed server may outlive it for a moment.
 */
export async function clearRemains (data: string, sockets: string): Promise<void> {
  const file = await readPidFile(data)
  if (await keepsAccepting(join(sockets, '.s.PGSQL.5432'))) {
    throw trouble(`A PostgreSQL that cannot be seen from here, perhaps in another container, already uses ${data}. Stop it `
      + 'first, or choose another folder with FERMATA_DATA.')
  }
  for (const name of await readdir(sockets).catch(() => [])) {
    if (name.startsWith('.s.PGSQL.')) await rm(join(sockets, name), { force: true })
  }
  if (!file) return
  for (let signal = 0; signal < 40; signal++) {
    const left = await processesIn(data)
    if (left.length === 0) break
    // They leave within a second; one that is stuck is ended, because it may still write to memory
    // the next one needs.
    if (signal >= 20) left.forEach(pid => sendSignal(pid, signal < 30 ? 'SIGQUIT' : 'SIGKILL'))
    await sleep(100)
  }
  await rm(join(data, 'postmaster.pid'), { force: true })
}

/** A server that was killed at this moment may seem gone while its socket still answers. */
async function keepsAccepting (path: string): Promise<boolean> {
  for (let looks = 0; looks < 10; looks++) {
    if (!await accepts(path)) return false
    await sleep(100)
  }
  return true
}

/** Process ids mean nothing to another container, but a socket in a shared folder still answers. */
function accepts (path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ path, timeout: 1_000 })
    const say = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('connect', () => say(true))
    socket.on('timeout', () => say(false))
    socket.on('error', () => say(false))
  })
}

async function processesIn (data: string): Promise<number[]> {
  if (process.platform !== 'linux') return []
  const pids = (await readdir('/proc')).map(Number).filter(pid => pid > 1)
  return pids.filter(pid => isPostgresOf(pid, data))
}

export function sendSignal (pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It is gone already, which is what the signal was for.
  }
}

/** Waits for a process to end; true when it did in time. */
export async function waitForEnd (pid: number, timeout_ms: number): Promise<boolean> {
  const deadline = Date.now() + timeout_ms
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false
    await sleep(5)
  }
  return true
}

type StopStep = [signal: NodeJS.Signals, mode: 'fast' | 'immediate', wait_ms: number]

const stopSteps: StopStep[] = [
  ['SIGINT', 'fast', 6_000], ['SIGQUIT', 'immediate', 1_500], ['SIGKILL', 'immediate', 1_000],
]

/**
 * Stops a server: fast (open transactions are rolled back, everything is flushed), then immediate,
 * then by force. All three lose nothing that was committed; the later ones only make the next start
 * replay its log. Nine seconds at most; less for a server that does not `answer` any more, which is
 * not asked politely first.
 */
export async function stopServer (pid: number, data: string, answers = true): Promise<void> {
  for (const [signal, mode, wait_ms] of answers ? stopSteps : stopSteps.slice(1)) {
    if (!isPostgresOf(pid, data)) return
    if (process.platform === 'win32') stopOnWindows(data, mode, wait_ms)
    else sendSignal(pid, signal)
    if (await waitForEnd(pid, wait_ms)) return
  }
}

/** Windows has no signals; pg_ctl reaches the server through its named pipe. */
function stopOnWindows (data: string, mode: string, wait_ms: number): void {
  try {
    const options = ['-D', data, '-m', mode, '-t', String(wait_ms / 1000)]
    execFileSync(findBinaries().pg_ctl, ['stop', ...options], { stdio: 'ignore' })
  } catch {
    // It did not stop in time: the next, harder step follows.
  }
}
