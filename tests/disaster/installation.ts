import { spawn, type ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Call } from '@fermata/contracts/client'
import { sendSignal } from '@fermata/platform/embedded-postgres/postmaster'
import { uuidv7 } from '@fermata/platform/ids'
import { createTokens } from '@fermata/platform/tokens'
import { checkedClient } from '@fermata/testkit/check-answer'
import { eventually } from '../end-to-end/sell.ts'

/** An installation as its README says: npm scripts, a data folder, and a key kept elsewhere. */

export type Shape = 'one' | 'split'

export interface Installation {
  shape: Shape
  /** `FERMATA_DATA`; everything in it can be lost. */
  data: string
  /** On another disk, as it were: the copies and the secrets. */
  outside: string
  copies: string
}

export interface Ended { code: number, output: string, took_ms: number }

const root = fileURLToPath(new URL('../..', import.meta.url))
const ready_within_ms = 300_000
const minutes = 60_000
const port_base = 21_400

const environmentOf = (data: string): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH, HOME: process.env.HOME, FERMATA_DATA: data, FERMATA_DEMO: 'false',
  RATE_LIMITS: 'off', LOG_LEVEL: 'fatal', PORT: '0', PORT_BASE: String(port_base),
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules/.cache/compiled'),
})

export async function makeInstallation (shape: Shape): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'fermata-disaster-'))
  // As root, PostgreSQL runs under an account of its own, which has to get through.
  await chmod(folder, 0o711)
  const [data, outside] = [join(folder, 'data'), join(folder, 'outside')]
  for (const one of [data, outside]) await mkdir(one, { mode: 0o711 })
  return { shape, data, outside, copies: join(outside, 'copies') }
}

export async function removeInstallation (it: Installation): Promise<void> {
  await killEverything(it)
  await rm(join(it.data, '..'), { recursive: true, force: true, maxRetries: 5 })
}

/** `npm start` or `npm run start:split`. @returns where it is, once it says that it is ready */
export async function start (
  { shape, data }: Installation, environment: Record<string, string> = {}
): Promise<string> {
  const child = spawn('npm', ['run', shape === 'one' ? 'start' : 'start:split'], {
    cwd: root, stdio: ['ignore', 'pipe', 'pipe'], detached: true,
    env: { ...environmentOf(data), ...environment } })
  const output = collect(child)
  const ended = new Promise<never>((_, reject) => child.once('exit', code =>
    reject(new Error(`It ended with ${code} before it was ready:\n${output()}`))))
  ended.catch(() => undefined)
  return Promise.race([ended, eventually(async () =>
    /ready at (http:\S+)/.exec(output())?.[1], 'the installation to be ready', ready_within_ms)])
}

function collect (child: ChildProcess): () => string {
  let output = ''
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk: Buffer) => { output += chunk.toString() })
  }
  return () => output
}

/** `npm run <script> -- <words>`, as an operator types it beside this installation. */
export async function command (
  { data }: Pick<Installation, 'data'>, script: 'backup' | 'restore' | 'verify', words: string[],
  environment: Record<string, string> = {}
): Promise<Ended> {
  const began = performance.now()
  const child = spawn('npm', ['run', '--silent', script, '--', ...words], {
    cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...environmentOf(data), ...environment } })
  const output = collect(child)
  const code = await new Promise<number>(resolve => child.once('close', one => resolve(one ?? -1)))
  return { code, output: output(), took_ms: performance.now() - began }
}

/** A command that has to succeed. @throws with all it said */
export async function must (ended: Promise<Ended>): Promise<Ended> {
  const { code, output, took_ms } = await ended
  if (code !== 0) throw new Error(`It ended with ${code}:\n${output}`)
  return { code, output, took_ms }
}

function belongsTo (pid: number, folder: string): boolean {
  try {
    const of = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8')
    if (/^State:\s+Z/m.test(of('status'))) return false
    return of('environ').includes(`FERMATA_DATA=${folder}\0`) || of('cmdline').includes(folder) ||
      readlinkSync(`/proc/${pid}/cwd`).startsWith(folder)
  } catch {
    return false
  }
}

const parentOf = (pid: number): number => {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return 0
  }
}

/** With their children: a worker of nginx says nothing of where it comes from. */
function processesOf ({ data }: Installation): number[] {
  const all = readdirSync('/proc').map(Number).filter(pid => pid > 1 && pid !== process.pid)
  const found = new Set(all.filter(pid => belongsTo(pid, data)))
  for (const pid of all) if (found.has(parentOf(pid))) found.add(pid)
  return [...found]
}

/** `kill -9` of every process of the installation, the database's as well. */
export async function killEverything (it: Installation): Promise<void> {
  await eventually(async () => {
    const left = processesOf(it)
    for (const pid of left) sendSignal(pid, 'SIGKILL')
    return left.length === 0
  }, 'every process to be gone', minutes)
}

/** The disk is gone; what was kept outside is all there is. The machine after it is empty. */
export async function loseEverything (it: Installation): Promise<void> {
  await killEverything(it)
  await rm(it.data, { recursive: true, force: true, maxRetries: 5 })
  await mkdir(it.data, { mode: 0o711 })
}

const secrets_file = 'secrets.json'

/** What the documents say to keep apart from the copies. */
export const keepSecrets = ({ data, outside }: Installation) =>
  copyFile(join(data, secrets_file), join(outside, secrets_file))

export const bringSecrets = ({ data, outside }: Installation, to = data) =>
  copyFile(join(outside, secrets_file), join(to, secrets_file))

export const readSecrets = async ({ data }: Pick<Installation, 'data'>) =>
  JSON.parse(await readFile(join(data, secrets_file), 'utf8')) as Record<string, string>

/** A client of the API for who sells. */
export async function organizerOf (it: Installation, url: string): Promise<Call> {
  const secrets = await readSecrets(it)
  const token = await createTokens(secrets as never).signAccess({
    user_id: uuidv7(), login_id: uuidv7(), roles: ['event_creator'],
    email: 'organizer@example.com', email_verified: true })
  return checkedClient({ base_url: url, fetch: (address, init) => fetch(address, init),
    headers: { authorization: `Bearer ${token}` } })
}
