import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { listFiles, root } from './sources.ts'

/** The web app's own dependency, looked up from there. */
const build_tool = '@react-router/dev'
const build_timeout_ms = 5 * 60_000

/** Written last, so a build that was interrupted is never taken for a finished one. */
const stampOf = (folder: string) => join(folder, 'apps/web/build/sources.sha256')
const lockOf = (folder: string) => join(folder, 'node_modules/.fermata-web-build')

/** What the build is made from: the app, its configuration, the contracts, and the locked versions. */
function hashSources (folder: string): string {
  const hash = createHash('sha256')
  const paths = ['apps/web', 'packages/contracts/src'].flatMap(part =>
    listFiles(join(folder, part)).map(path => `${part}/${path}`))
  for (const path of [...paths, 'package-lock.json']) {
    if (/\.test\.tsx?$|\.md$/.test(path)) continue
    hash.update(`${path}\0`).update(readFileSync(join(folder, path))).update('\0')
  }
  return hash.digest('hex')
}

const isFresh = (folder: string) =>
  existsSync(stampOf(folder)) && readFileSync(stampOf(folder), 'utf8') === hashSources(folder)

/** React Router's program; undefined where only what production needs was installed. */
export function findBuildTool (folder = root): string | undefined {
  try {
    const require = createRequire(join(folder, 'apps/web/package.json'))
    const manifest = require.resolve(`${build_tool}/package.json`)
    const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: Record<string, string> }
    return join(dirname(manifest), bin['react-router'] ?? 'bin.js')
  } catch {
    return undefined
  }
}

/** Runs the build and keeps what it says. @throws Error with all of it when the build fails */
async function runBuild (folder: string, tool: string): Promise<void> {
  const child = spawn(process.execPath, [tool, 'build'], {
    cwd: join(folder, 'apps/web'), env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe'], timeout: build_timeout_ms
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject).on('close', resolve)
  if (await promise !== 0) throw new Error(`The web app could not be built:\n${output.trim()}`)
}

function isAlive (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Makes the lock, a folder, because that succeeds for one process only. A lock whose owner died is taken over. */
function takeLock (lock: string): boolean {
  try {
    mkdirSync(lock)
    writeFileSync(join(lock, 'pid'), String(process.pid))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const file = join(lock, 'pid')
    const owner = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
    if (owner > 0 && !isAlive(owner)) rmSync(lock, { recursive: true, force: true })
    return false
  }
}

/** Several processes may start at once; one builds and the others wait for it. */
async function withLock (folder: string, work: () => Promise<void>): Promise<void> {
  const lock = lockOf(folder)
  const deadline = performance.now() + build_timeout_ms
  while (!takeLock(lock)) {
    if (performance.now() > deadline) {
      throw new Error(`Another process has been building the web app for too long; if there is none, delete ${lock}`)
    }
    await wait(100)
  }
  try {
    await work()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

/**
 * Builds the web app when its build is missing or was made from other sources.
 * @returns `fresh`: nothing to do; `built`: now it is; `absent`: there is no web app, or there is a finished build
 * and no build tool (an image), so what is there is served
 * @throws Error saying what to do, when a build is needed and cannot be made
 */
export async function buildWebWhenStale (folder = root): Promise<'fresh' | 'built' | 'absent'> {
  if (!existsSync(join(folder, 'apps/web/react-router.config.ts'))) return 'absent'
  if (isFresh(folder)) return 'fresh'
  const tool = findBuildTool(folder)
  if (tool === undefined) {
    if (existsSync(stampOf(folder))) return 'absent'
    throw new Error('The web app is not built and its build tool is missing: run `npm ci` without --omit=dev')
  }
  let outcome: 'fresh' | 'built' = 'fresh'
  await withLock(folder, async () => {
    if (isFresh(folder)) return
    const sources = hashSources(folder)
    rmSync(stampOf(folder), { force: true })
    await runBuild(folder, tool)
    mkdirSync(dirname(stampOf(folder)), { recursive: true })
    writeFileSync(stampOf(folder), sources)
    outcome = 'built'
  })
  return outcome
}
