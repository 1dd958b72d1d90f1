import { spawn, type ChildProcess } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Call } from '@fermata/contracts/client'
import { findServer, stopServer } from '@fermata/platform/embedded-postgres/postmaster'
import { checkedClient } from './check-answer.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
/**
 * The first start makes a database and fills it; a machine that runs other tests beside may take
 * its time.
 */
const ready_within_ms = 300_000

/** A server of a test need not compile again what that of another has. */
const compile_cache = process.env.NODE_COMPILE_CACHE
  ? { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE } : {}

export interface ServerProcess {
  url: string
  /** A typed client of the API, for nobody in particular. */
  call: Call
  /** A typed client for a person or an order. */
  callAs: (token: string) => Call
  pid: number
  folder: string
  output: () => string
  /** From now on nobody reads what it says, as when a terminal or a collector of logs is stuck. */
  stopReading: () => void
  /** Ends Node at once, as a crash does; PostgreSQL goes on without it. */
  kill: () => Promise<void>
  /** SIGTERM, then waits for the end; resolves with the exit code. */
  stop: () => Promise<number | null>
}

/**
 * A data folder for server processes, and the removal of it with whatever a killed server left
 * running.
 */
export async function createDataFolder (): Promise<{
  folder: string, remove: () => Promise<void>
}> {
  const folder = await mkdtemp(join(tmpdir(), 'fermata-server-'))
  // As root, PostgreSQL runs under an account of its own: where that may not enter, the data would
  // live elsewhere, and nobody would find what a killed server left running.
  await chmod(folder, 0o711)
  return {
    folder,
    async remove () {
      const data = join(folder, 'postgres', 'data')
      const left = await findServer(data)
      if (left) await stopServer(left.pid, data)
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/**
 * Starts the product as `npm start` does, in a process of its own, and waits until it says that it
 * is ready.
 * @param repository where the product lies, when it is not this one
 */
export async function startServerProcess (
  folder: string, environment: Record<string, string> = {}, repository = root
): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['apps/server/main.ts'], {
    cwd: repository, stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', FERMATA_DATA: folder,
      RATE_LIMITS: 'off', ...compile_cache, ...environment
    },
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const url = await readyAddress(child, () => output)
  const clientOf = (headers: Record<string, string>) =>
    checkedClient({ base_url: url, fetch: (address, init) => fetch(address, init), headers })
  const ended = new Promise<number | null>(resolve => child.once('exit', code => resolve(code)))
  return {
    url, folder, pid: child.pid!,
    call: clientOf({}),
    callAs: token => clientOf({ authorization: `Bearer ${token}` }),
    output: () => output,
    stopReading () {
      child.stdout.pause()
      child.stderr.pause()
    },
    async kill () {
      child.kill('SIGKILL')
      await ended
    },
    stop () {
      child.kill('SIGTERM')
      return ended
    },
  }
}

function readyAddress (child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`The server was not ready within ${ready_within_ms} ms:\n${output()}`))
    }, ready_within_ms)
    const look = () => {
      const address = /ready at (http:\S+)/.exec(output())?.[1]
      if (!address) return
      clearTimeout(timer)
      resolve(address)
    }
    child.stdout!.on('data', look)
    child.once('exit', code => {
      clearTimeout(timer)
      reject(new Error(`The server ended with ${code} before it was ready:\n${output()}`))
    })
  })
}
