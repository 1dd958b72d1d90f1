import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/**
 * `npm run test:image`: builds the image from the Dockerfile as it is and runs all of Fermata from
 * it. Needs root on Debian 12 and its packages buildah, iproute2, mmdebstrap, nats-server, nginx
 * and runc. Takes minutes and rights that few machines give, so nothing else runs it.
 */

const root = resolve(import.meta.dirname, '../..')
const scratch = mkdtempSync(join(tmpdir(), 'fermata-image-'))
/** One that is built already, or the one that is built here. */
const { FERMATA_IMAGE: given } = process.env
const image = given ?? 'localhost/fermata:tested'

const run = (command: string, ...parameters: string[]) =>
  execFileSync(command, parameters, { cwd: root, encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 64 * 1024 * 1024 }).trim()
const succeeds = (command: string, ...parameters: string[]) =>
  spawnSync(command, parameters, { cwd: root, stdio: 'ignore' }).status === 0

/** Whoever reaches a registry of images takes the real one. */
function provideBase (name: string): void {
  if (succeeds('buildah', 'inspect', '--type', 'image', name)) return
  if (succeeds('buildah', 'pull', '--quiet', name)) return
  console.log(`No registry of images has ${name}: Debian 12 with Node from npm stands for it.`)
  const sources = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list']
    .find(file => existsSync(file) && readFileSync(file, 'utf8').trim() !== '')
  const archive = join(scratch, 'debian.tar')
  run('mmdebstrap', '--quiet', '--variant=minbase', '--mode=root', '--include=ca-certificates',
    'bookworm', archive, ...sources ? [sources] : [])
  const container = run('buildah', 'from', 'scratch')
  run('buildah', 'add', '--quiet', container, archive, '/')
  installNode(run('buildah', 'mount', container))
  run('buildah', 'config', '--cmd', 'node', container)
  run('buildah', 'commit', '--quiet', '--rm', container, name)
}

function installNode (folder: string): void {
  cpSync(realpathSync(process.execPath), join(folder, 'usr/local/bin/node'))
  const npm = dirname(dirname(realpathSync(run('sh', '-c', 'command -v npm'))))
  cpSync(npm, join(folder, 'usr/local/lib/node_modules/npm'), { recursive: true })
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(folder, 'usr/local/bin/npm'))
  run('chroot', folder, 'useradd', '--uid', '1000', '--create-home', 'node')
}

/** npm asks the registry of this machine; the file is there for the build and not in the image. */
function build (): void {
  const npmrc = join(scratch, 'npmrc')
  const certificates = '/etc/ssl/certs/ca-certificates.crt'
  writeFileSync(npmrc, `registry=${run('npm', 'config', 'get', 'registry')}\n` +
    (existsSync(certificates) ? `cafile=${certificates}\n` : ''))
  run('buildah', 'bud', '--isolation', 'chroot', '--network', 'host', '--format', 'docker',
    '--pull-never', '--layers', '--volume', `${npmrc}:/root/.npmrc:ro`,
    '--volume', '/etc/ssl/certs:/etc/ssl/certs:ro', '--tag', image, '.')
}

let mounted: string | undefined
try {
  if (!given) {
    const base = /^FROM (\S+) AS build$/m.exec(readFileSync(join(root, 'Dockerfile'), 'utf8'))![1]!
    provideBase(`docker.io/library/${base}`)
    build()
  }
  mounted = run('buildah', 'from', '--pull-never', image)
  const { Docker: { config } } =
    JSON.parse(run('buildah', 'inspect', '--type', 'image', image)) as { Docker: { config: object } }
  // A network of its own: the usual ports are free there whatever else this machine runs.
  const { status } = spawnSync('unshare', ['--net', 'sh', '-c',
    'ip link set lo up && exec "$0" node_modules/vitest/vitest.mjs run "$@"', process.execPath,
    '--config', 'tests/image/vitest.config.ts', ...process.argv.slice(2)], {
    cwd: root, stdio: 'inherit', env: { ...process.env,
      FERMATA_IMAGE_FILES: run('buildah', 'mount', mounted),
      FERMATA_IMAGE_CONFIG: JSON.stringify(config),
    } })
  process.exitCode = status ?? 1
} finally {
  if (mounted) run('buildah', 'rm', mounted)
  rmSync(scratch, { recursive: true, force: true })
}
