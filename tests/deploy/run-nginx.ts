import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { targets, type Target } from '../../deploy/front-door.ts'
import { renderNginx, type NginxOptions, type Upstreams } from '../../deploy/nginx.ts'

const ready_within_ms = 10_000

/** What a small upstream saw of a request, sent back as its answer. */
export interface Echo {
  target: string
  instance: number
  method: string
  url: string
  headers: Record<string, string | undefined>
  body_bytes: number
}

export interface Upstream {
  target: string
  address: string
  requests: number
  /** Answers otherwise: with a status, or by closing the connection after the request was read. */
  behave: (how: number | 'hang-up' | 'echo') => void
  stop: () => Promise<void>
}

/** A real HTTP server that answers with what it was asked. */
export async function startUpstream (target: string, instance = 0, port = 0): Promise<Upstream> {
  let behaviour: number | 'hang-up' | 'echo' = 'echo'
  const upstream = { target, requests: 0 }
  const server = createServer((request, response) => {
    upstream.requests += 1
    readLength(request).then(body_bytes => {
      if (behaviour === 'hang-up') return request.socket.destroy()
      const { method = '', url = '', headers } = request
      response.writeHead(behaviour === 'echo' ? 200 : behaviour, { 'content-type': 'application/json' })
      return response.end(JSON.stringify({ target, instance, method, url, headers, body_bytes }))
    }).catch(() => request.socket.destroy())
  })
  server.on('upgrade', (request, socket) => {
    upstream.requests += 1
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\n` +
      'Connection: Upgrade\r\n\r\n')
    socket.on('data', (chunk: Buffer) => socket.write(`echo ${chunk.toString()}`))
    socket.on('error', () => socket.destroy())
    socket.on('end', () => socket.end())
  })
  const listening = await listen(server, port)
  return Object.assign(upstream, {
    address: `127.0.0.1:${listening}`,
    behave: (how: typeof behaviour) => { behaviour = how },
    stop: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  })
}

async function readLength (request: IncomingMessage): Promise<number> {
  let bytes = 0
  for await (const chunk of request) bytes += (chunk as Buffer).length
  return bytes
}

async function listen (server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

/** A port that was free a moment ago. */
export async function freePort (): Promise<number> {
  const server = createServer()
  const port = await listen(server, 0)
  await new Promise(resolve => server.close(resolve))
  return port
}

/** One address for every target but those that are named. */
export function addresses (
  usual: readonly string[], others: Partial<Record<Target, readonly string[]>> = {}
): Upstreams {
  const of = Object.fromEntries(targets.map(target => [target, others[target] ?? usual]))
  return { kind: 'addresses', of: of as Record<Target, readonly string[]> }
}

export interface Nginx {
  url: string
  port: number
  output: () => string
  stop: () => Promise<void>
}

/** Starts nginx in front of `upstreams`, in a folder of its own, and waits until it accepts. */
export async function startNginx (
  upstreams: Upstreams, options: Partial<NginxOptions> = {}
): Promise<Nginx> {
  const run_folder = await mkdtemp(join(tmpdir(), 'fermata-nginx-'))
  const port = await freePort()
  const file = join(run_folder, 'nginx.conf')
  await writeFile(file,
    renderNginx({ listen: [`127.0.0.1:${port}`], upstreams, run_folder, ...options }))
  const child = spawn('nginx', ['-e', 'stderr', '-c', file], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  const deadline_ms = performance.now() + ready_within_ms
  while (!await accepts(port)) {
    if (child.exitCode !== null || performance.now() > deadline_ms)
      throw new Error(`nginx did not start:\n${output}`)
    await sleep(20)
  }
  return {
    url: `http://127.0.0.1:${port}`, port, output: () => output,
    async stop () {
      child.kill('SIGTERM')
      await ended
      await rm(run_folder, { recursive: true, force: true })
    },
  }
}

function accepts (port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    }).once('error', () => resolve(false))
  })
}

/** Sends bytes as they are, which `fetch` would tidy up, and returns what comes back. */
export async function sendRaw (
  port: number, text: string, until: (answer: string) => boolean = () => false
): Promise<{ answer: string, socket: Socket }> {
  const socket = connect(port, '127.0.0.1')
  socket.write(text)
  let answer = ''
  try {
    const chunks: AsyncIterable<Buffer> = socket.iterator({ destroyOnReturn: false })
    for await (const chunk of chunks) {
      answer += chunk.toString()
      if (until(answer)) break
    }
  } catch (error) {
    // Whoever is refused before all was read is cut off after the answer.
    if (answer === '') throw error
  }
  return { answer, socket }
}

/** A certificate that nobody trusts; `stop` removes it. */
export async function makeCertificate () {
  const folder = await mkdtemp(join(tmpdir(), 'fermata-tls-'))
  const [certificate, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')]
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
    'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', '/CN=localhost',
    '-keyout', key, '-out', certificate], { encoding: 'utf8' })
  if (made.status !== 0) throw new Error(made.stderr)
  return {
    folder, certificate, key, stop: () => rm(folder, { recursive: true, force: true }),
  }
}
