import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { boundLog } from '@fermata/platform/bound-log'

export interface Program {
  name: string
  command: string
  parameters: string[]
  environment: Record<string, string>
  log_file: string
  /**
   * Ends the program when we are gone: a channel on which it hears of it. For programs of ours;
   * others are found by their pid file at the next start.
   */
  channel: boolean
}

export interface SupervisedProcess {
  name: string
  log_file: string
  /** Of the one that runs now; null between two. */
  pid (): number | null
  /** How often it ended although nobody asked for it. */
  restarts (): number
  /** `kill -9`: it is started again. */
  kill (): void
  /** Asks it to end, and by force after the deadline. */
  stop (signal?: NodeJS.Signals): Promise<void>
}

const first_pause_ms = 250
const longest_pause_ms = 10_000
/** One that ran this long has recovered: its next pause is the first again. */
const recovered_ms = 30_000
/** Services drain within ten seconds. */
const stop_deadline_ms = 12_000
/** Each log and what came before it. */
const longest_log_bytes = 20_000_000
const look_at_log_ms = 1000

/** Keeps a program running: one that ends is started again after a growing pause, and said so. */
export function superviseProcess (
  program: Program, say: (line: string) => void
): SupervisedProcess {
  const { name, log_file } = program
  let child: ChildProcess | null = null
  let stopping = false
  let restarts = 0
  const pause = new AbortController()

  function run (): Promise<string> {
    const log = openLog(log_file)
    const started = spawn(program.command, program.parameters, {
      env: program.environment,
      stdio: ['ignore', log, log, ...program.channel ? ['ipc' as const] : []],
      // A group of its own: Ctrl-C reaches us alone, and we end things in order.
      detached: true,
    })
    if (typeof log === 'number') closeSync(log)
    child = started
    return new Promise(resolve => {
      started.once('error', error => resolve(error.message))
      started.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
    })
  }

  async function keepRunning (): Promise<void> {
    let pause_ms = first_pause_ms
    while (!stopping) {
      const began = performance.now()
      const reason = await run()
      child = null
      if (stopping) return
      restarts++
      if (performance.now() - began > recovered_ms) pause_ms = first_pause_ms
      say(`${name} ended (${reason}) and is started again in ${pause_ms} ms; see ${log_file}`)
      await sleep(pause_ms, undefined, { signal: pause.signal }).catch(() => {})
      pause_ms = Math.min(longest_pause_ms, pause_ms * 2)
    }
  }

  // The programs of ours hear of our end by their channel; others must not go on without us.
  const tellGroup = () => endGroup(child, 'SIGTERM')
  if (!program.channel) process.once('exit', tellGroup)
  const running = keepRunning().finally(() => process.off('exit', tellGroup))
  const looking = setInterval(() => {
    void boundLog(log_file, longest_log_bytes).catch(() => {})
  }, look_at_log_ms).unref()
  return {
    name, log_file,
    pid: () => child?.pid ?? null,
    restarts: () => restarts,
    kill: () => endGroup(child, 'SIGKILL'),
    async stop (signal = 'SIGTERM') {
      stopping = true
      pause.abort()
      child?.kill(signal)
      const force = setTimeout(() => endGroup(child, 'SIGKILL'), stop_deadline_ms)
      await running
      clearTimeout(force)
      clearInterval(looking)
    },
  }
}

/** A program that finds no room for a log runs without one. */
function openLog (log_file: string): number | 'ignore' {
  try {
    return openSync(log_file, 'a', 0o600)
  } catch {
    return 'ignore'
  }
}

/** With what it has started itself: an nginx without its master still holds the port. */
function endGroup (child: ChildProcess | null, signal: NodeJS.Signals): void {
  if (!child?.pid) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It has ended a moment ago.
  }
}

/** The end of a log, for whoever asks why something does not start. */
export function lastLines (log_file: string, count = 15): string {
  try {
    return readFileSync(log_file, 'utf8').trimEnd().split('\n').slice(-count).join('\n')
  } catch {
    return ''
  }
}
