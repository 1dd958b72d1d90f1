import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Containers as Compose and Kubernetes run ours: read-only, without rights, not as root. */

/** What the image says of itself. */
export interface ImageConfig {
  User: string
  Env: string[]
  Entrypoint?: string[]
  Cmd: string[]
  WorkingDir: string
  StopSignal: string
  Healthcheck: { Test: string[] }
}

function given (name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is missing: run this suite with npm run test:image`)
  return value
}
export const imageFiles = () => given('FERMATA_IMAGE_FILES')
export const imageConfig = () => JSON.parse(given('FERMATA_IMAGE_CONFIG')) as ImageConfig

export interface Mount { from: string, to: string, writable?: boolean }

export interface Container {
  name: string
  output: () => string
  /** Runs a command beside it, as a health check does. */
  exec: (...command: string[]) => { status: number | null, output: string }
  /** The image's stop signal. @returns the exit code and how long it took */
  stop: () => Promise<{ code: number | null, took_ms: number }>
  kill: () => void
}

const account = 1000

function specification (environment: Record<string, string>, mounts: Mount[]) {
  const { Entrypoint = [], Cmd, WorkingDir, Env } = imageConfig()
  const own = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const bind = ({ from, to, writable }: Mount) => ({
    type: 'bind', source: from, destination: to, options: ['rbind', writable ? 'rw' : 'ro'] })
  const none = { bounding: [], effective: [], permitted: [], ambient: [], inheritable: [] }
  return {
    ociVersion: '1.0.2',
    root: { path: imageFiles(), readonly: true },
    process: {
      terminal: false, user: { uid: account, gid: account }, cwd: WorkingDir,
      args: [...Entrypoint, ...Cmd], env: [...Env, ...own],
      capabilities: none, noNewPrivileges: true,
    },
    // The network is that of the test, where every container has its usual port.
    linux: { namespaces: ['pid', 'ipc', 'uts', 'mount'].map(type => ({ type })) },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs',
        options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs',
        options: ['nosuid', 'nodev', 'mode=1777', 'size=64m'] },
      ...mounts.map(bind),
    ],
  }
}

export function startContainer (
  name: string, folder: string, environment: Record<string, string>, mounts: Mount[]
): Container {
  const bundle = join(folder, name)
  const state = ['--root', join(folder, 'runc')]
  mkdirSync(bundle, { recursive: true })
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(specification(environment, mounts)))
  const child = spawn('runc', [...state, 'run', '--bundle', bundle, name],
    { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const ended = endOf(child)
  const signal = (kind: string) => spawnSync('runc', [...state, 'kill', name, kind])
  return {
    name, output: () => output,
    exec (...command) {
      const { status, stdout, stderr } =
        spawnSync('runc', [...state, 'exec', name, ...command], { encoding: 'utf8' })
      return { status, output: stdout + stderr }
    },
    async stop () {
      const began_ms = performance.now()
      signal(imageConfig().StopSignal)
      return { code: await ended, took_ms: performance.now() - began_ms }
    },
    kill: () => { signal('KILL') },
  }
}

const endOf = (child: ChildProcess) =>
  new Promise<number | null>(resolve => child.once('exit', code => resolve(code)))
