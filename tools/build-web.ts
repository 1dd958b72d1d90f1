import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { listFiles, root } from './sources.ts'

const web = join(root, 'apps/web')
/** Written last, so a build that was interrupted is never taken for a finished one. */
const stamp = join(web, 'build/sources.sha256')
const build_timeout_ms = 5 * 60_000

/** What the build is made from: the app, its configuration, the contracts, and the locked versions. */
function hashSources (): string {
  const hash = createHash('sha256')
  const folders = ['apps/web', 'packages/contracts/src']
  const paths = folders.flatMap(folder => listFiles(join(root, folder)).map(path => `${folder}/${path}`))
  for (const path of [...paths, 'package-lock.json']) {
    if (/\.test\.tsx?$|\.md$/.test(path)) continue
    hash.update(`${path}\0`).update(readFileSync(join(root, path))).update('\0')
  }
  return hash.digest('hex')
}

/** Whether this checkout has a web app at all; an image for one service may leave it out. */
export const hasWebApp = () => existsSync(join(web, 'react-router.config.ts'))

/** The build tool's program; undefined where only what production needs was installed. */
function findBuildTool (): string | undefined {
  try {
    const manifest = createRequire(join(web, 'package.json')).resolve('@react-router/dev/package.json')
    const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: Record<string, string> }
    return join(manifest, '..', bin['react-router'] ?? 'bin.js')
  } catch {
    return undefined
  }
}

/** Runs the build and keeps what it says. @throws Error with all of it when the build fails */
async function runBuild (tool: string): Promise<void> {
  const env = { ...process.env, NODE_ENV: 'production' }
  const child = spawn(process.execPath, [tool, 'build'], {
    cwd: web, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: build_timeout_ms
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject).on('close', resolve)
  const code = await promise
  if (code !== 0) throw new Error(`The web app could not be built:\n${output.trim()}`)
}

/**
 * Builds the web app when its build is missing or was made from other sources.
 * @returns `fresh`: nothing to do; `built`: now it is; `absent`: there is no web app, or a finished build but no
 * build tool (an image), so what is there is served
 * @throws Error saying what to do, when a build is needed and cannot be made
 */
export async function buildWebWhenStale (): Promise<'fresh' | 'built' | 'absent'> {
  if (!hasWebApp()) return 'absent'
  const sources = hashSources()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return 'fresh'
  const tool = findBuildTool()
  if (tool === undefined) {
    if (existsSync(stamp)) return 'absent'
    throw new Error('The web app is not built and its build tool is not installed: run `npm ci` without --omit=dev')
  }
  await runBuild(tool)
  writeFileSync(stamp, sources)
  return 'built'
}
