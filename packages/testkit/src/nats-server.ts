import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface TestNats {
  url: string
  /** The folder in which JetStream keeps its messages. */
  store: string
  start: () => Promise<void>
  /** `kill -9`: what it had not written is gone. */
  kill: () => Promise<void>
  /** It keeps its connections and says nothing, as one that is cut off does; or goes on. */
  freeze: (frozen: boolean) => void
  /** Deletes all that JetStream stored; the server must not run. */
  wipe: () => Promise<void>
  /** Kills it and removes its folder. */
  remove: () => Promise<void>
}

const ready_within_ms = 10_000

/**
 * A nats-server with JetStream on a port of its own; not started yet. Needs the program on PATH.
 * @param config lines for its configuration file
 * @param disk where it stores its messages, if not beside that file
 */
export async function createTestNats (config = '', disk?: string): Promise<TestNats> {
  const folder = await mkdtemp(join(tmpdir(), 'fermata-nats-'))
  const port = await freePort()
  const store = join(disk ?? folder, 'store')
  const config_file = join(folder, 'nats.conf')
  await writeFile(config_file, config)
  let child: ChildProcess | undefined

  async function start (): Promise<void> {
    const started = spawn('nats-server',
      ['-c', config_file, '-js', '-sd', store, '-a', '127.0.0.1', '-p', String(port),
        '-l', join(folder, 'log')], { stdio: 'ignore' })
    const failed = new Promise<never>((_, reject) => {
      started.once('error', reject)
      started.once('exit', code => reject(new Error(`nats-server ended with ${code}`)))
    })
    child = started
    await Promise.race([answers(port), failed])
    failed.catch(() => {})
  }

  async function kill (): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise(resolve => child!.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }

  return {
    url: `nats://127.0.0.1:${port}`, store, start, kill,
    freeze: frozen => { child?.kill(frozen ? 'SIGSTOP' : 'SIGCONT') },
    wipe: () => rm(store, { recursive: true, force: true }),
    async remove () {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface TestCluster {
  /** Every server's address, separated by commas. */
  url: string
  /** By name: `nats-1`, `nats-2`, `nats-3`. */
  servers: Map<string, TestNats>
  start: () => Promise<void>
  remove: () => Promise<void>
}

/**
 * Three servers by a configuration that says `nats-1:6222` … where this machine has ports, and
 * ports of its own; not started yet.
 */
export async function createTestCluster (config: string): Promise<TestCluster> {
  const ports = await Promise.all([1, 2, 3].map(freePort))
  const routes = config.replace(/^(port|http_port|jetstream|include)\b.*$/gm, '')
    .replace(/nats-(\d):6222/g, (_, n: string) => `127.0.0.1:${ports[Number(n) - 1]}`)
  const servers = new Map(await Promise.all(ports.map(async (port, index) => {
    const name = `nats-${index + 1}`
    const own = routes.replace('port: 6222', `listen: "127.0.0.1:${port}"`)
    return [name, await createTestNats(`server_name: ${name}\n${own}`)] as const
  })))
  const all = [...servers.values()]
  return {
    servers, url: all.map(({ url }) => url).join(','),
    start: async () => { await Promise.all(all.map(server => server.start())) },
    remove: async () => { await Promise.all(all.map(server => server.remove())) },
  }
}

function freePort (): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

async function answers (port: number): Promise<void> {
  const deadline = performance.now() + ready_within_ms
  while (performance.now() < deadline) {
    const open = await new Promise<boolean>(resolve => {
      const socket = connect(port, '127.0.0.1', () => resolve(true))
      socket.once('error', () => resolve(false))
      socket.once('data', () => socket.destroy())
    })
    if (open) return
    await sleep(50)
  }
  throw new Error(`nats-server did not answer within ${ready_within_ms} ms`)
}
