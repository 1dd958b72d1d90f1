import { execFileSync, fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { findServer } from './postmaster.ts'
import {
  startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions,
} from './supervisor.ts'

export const linux = process.platform === 'linux'
export const unix = process.platform !== 'win32'

export type TestFolder = Awaited<ReturnType<typeof makeTestFolder>>

/** A folder for the servers of one test file; `remove` ends whatever a failed test left running. */
export async function makeTestFolder () {
  const root = await mkdtemp(join(tmpdir(), 'fermata-supervisor-'))
  await chmod(root, 0o755)
  const running = new Set<EmbeddedPostgres>()
  const owners = new Set<ChildProcess>()
  const template = join(root, 'template')

  const start = async (folder: string, options: Partial<EmbeddedPostgresOptions> = {}) => {
    // Without fsync the tests ask little of the disk; what a killed process wrote survives all the
    // same.
    const settings = { fsync: 'off' }
    const server = await startEmbeddedPostgres({
      folder, no_sync_initdb: true, settings, ...options,
    })
    running.add(server)
    return server
  }
  const stop = async (server: EmbeddedPostgres) => {
    await server.stop()
    running.delete(server)
  }
  /** A copy of data that hold one row: making them anew each time would take a second. */
  const dataIn = (...names: string[]) => {
    const folder = join(root, ...names)
    // `cp -a` keeps the owners, which `fs.cp` does not.
    execFileSync('cp', ['-a', template, folder])
    return folder
  }
  /** Starts a Fermata in a process of its own and waits until it has stored its row. */
  const startOwner = async (folder: string) => {
    const child = fork(new URL('./test-owner.ts', import.meta.url), [folder], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: [],
    })
    owners.add(child)
    await once(child.stdout!, 'data')
    return child
  }
  const kill = async (child: ChildProcess) => {
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
    owners.delete(child)
  }
  const remove = async () => {
    for (const owner of owners) owner.kill('SIGKILL')
    for (const server of running) await server.stop()
    for (const name of await readdir(root)) {
      const orphan = await findServer(join(root, name, 'data'))
      if (orphan) process.kill(orphan.pid, 'SIGKILL')
    }
    await rm(root, { recursive: true, force: true, maxRetries: 5 })
  }

  const first = await start(template)
  await query(first.url, 'create table sold (seat int)')
  await query(first.url, 'insert into sold values (1)')
  await stop(first)
  return { root, start, stop, dataIn, startOwner, kill, remove }
}

export async function query (url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
