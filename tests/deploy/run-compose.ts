import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startEmbeddedPostgres } from '@fermata/platform/embedded-postgres/supervisor'
import { createTestNats } from '@fermata/testkit/nats-server'
import pg from 'pg'
import { parse } from 'yaml'
import type { ComposeFile, ComposeService } from '../../deploy/compose.ts'
import { hostOf, portOf, targets, type Target } from '../../deploy/front-door.ts'
import { backups_folder, shared_settings } from '../../deploy/service-settings.ts'
import { inside_port } from '../../deploy/traefik.ts'
import { eventually } from '../end-to-end/sell.ts'
import { addresses, freePort, startNginx } from './run-nginx.ts'

/**
 * All of Fermata with the environment that Compose would give its containers, as its own rendering
 * says it. Addresses of containers become ports of this machine, and folders those of the test; one
 * PostgreSQL and one NATS stand for several, nginx for Traefik. Nothing else is added.
 */

const root = resolve(import.meta.dirname, '../..')
const healthy_within_ms = 240_000

/** A file as Compose renders it in a folder that holds this `.env`. */
export function renderCompose (file: string, dotenv: Record<string, string>): ComposeFile {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-compose-'))
  try {
    cpSync(join(root, file), join(folder, file))
    writeFileSync(join(folder, '.env'), Object.entries(dotenv)
      .map(([name, value]) => `${name}=${value}\n`).join(''))
    const { status, stdout, stderr } = spawnSync('docker-compose', ['-f', file, 'config'],
      { cwd: folder, encoding: 'utf8', env: { PATH: process.env.PATH } })
    if (status !== 0) throw new Error(stderr)
    return parse(stdout) as ComposeFile
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export interface Installation {
  /** Where visitors arrive. */
  url: string
  /** As whom Fermata is connected to its databases now. */
  roles: () => Promise<string[]>
  /** Runs a command as in one of the containers. */
  exec: (service: string, command?: string[]) => Promise<{ code: number | null, output: string }>
  stop: () => Promise<void>
}

type Translate = (text: string) => string

/** Starts every process of a rendering. */
export async function startInstallation (file: ComposeFile): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-compose-'))
  // PostgreSQL has an account of its own and must get in.
  spawnSync('chmod', ['711', folder])
  const stops: (() => Promise<unknown>)[] = [
    async () => { rmSync(folder, { recursive: true, force: true, maxRetries: 5 }) }]
  const stop = async () => { for (const one of stops.splice(0).reverse()) await one() }
  try {
    const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'),
      transport: 'tcp', no_sync_initdb: true, settings: { fsync: 'off', max_connections: '400' } })
    stops.push(postgres.stop)
    const nats = await createTestNats()
    stops.push(nats.remove)
    await nats.start()
    const ports = Object.fromEntries(await Promise.all(targets.map(async target =>
      [target, await freePort()]))) as Record<Target, number>
    const inside = await freePort()
    const translate = translator({ folder, ports, inside, nats: nats.url,
      postgres: new URL(postgres.url).host })
    await makeDatabases(postgres.url, file, folder, translate)
    const run = (name: string, command?: string[]) =>
      startProcess(file.services[name]!, { folder: join(folder, name), translate, command })
    for (const target of targets) stops.push(run(hostOf(target)).stop)
    const door = await startNginx(
      addresses([], Object.fromEntries(targets.map(target => [target, [`127.0.0.1:${ports[target]}`]]))),
      { inside: [`127.0.0.1:${inside}`], development: 'demo' in file.services })
    stops.push(door.stop)
    await Promise.all(targets.map(target => untilReady(target, ports[target])))
    return {
      url: door.url, stop, roles: () => rolesAt(postgres.url),
      exec: (name, command) => run(name, command).ended,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function rolesAt (admin_url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: admin_url })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(`
      select distinct usename::text as name from pg_stat_activity
       where application_name like 'fermata%'`)
    return rows.map(({ name }) => name)
  } finally {
    await client.end()
  }
}

function translator (here: {
  folder: string, ports: Record<Target, number>, inside: number, nats: string, postgres: string
}): Translate {
  const hosts = targets.map(target => [`http://${hostOf(target)}:${portOf(target)}`,
    `http://127.0.0.1:${here.ports[target]}`] as const)
  return text => {
    // Compose doubles dollars in what it renders, and one server stands for three here.
    const plain = text.replaceAll('$$', '$')
    if (plain.startsWith('nats://')) return here.nats
    return [...hosts, [`http://traefik:${inside_port}`, `http://127.0.0.1:${here.inside}`] as const]
      .reduce((value, [from, to]) => value.replaceAll(from, to), plain)
      .replace(/@(?:postgres|[a-z]+-database):5432\//, `@${here.postgres}/`)
      .replace(/^\/run\/secrets\//, `${here.folder}/secrets/`)
      .replace(backups_folder, join(here.folder, 'backups'))
  }
}

/** What is said of a container's own place, and what of this machine takes its place. */
function environmentOf (
  { environment = {} }: ComposeService, folder: string, translate: Translate
): Record<string, string> {
  const own: Record<string, Translate> = {
    HOST: () => '127.0.0.1',
    FERMATA_DATA: value => value.replace(shared_settings.FERMATA_DATA, folder),
    PORT: port => new URL(translate(`http://${hostOf(targets.find(target =>
      String(portOf(target)) === port)!)}:${port}`)).port,
    NATS_REPLICAS: value => value === '' ? '' : '1',
  }
  return Object.fromEntries(Object.entries(environment)
    .map(([name, value]) => [name, (own[name] ?? translate)(value ?? '')]))
}

interface Started {
  ended: Promise<{ code: number | null, output: string }>
  stop: () => Promise<unknown>
}

function startProcess (
  service: ComposeService, { folder, translate, command }: {
    folder: string, translate: Translate, command?: string[] | undefined
  }
): Started {
  const [program, ...parameters] = command ?? service.command ?? ['node', 'apps/server/main.ts']
  if (program !== 'node') throw new Error(`The image has no ${program}`)
  // The image says production, and Compose over it what it renders.
  const env = { NODE_ENV: 'production', ...environmentOf(service, folder, translate) }
  const child = spawn(process.execPath, parameters, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => { output = (output + chunk.toString()).slice(-50_000) })
  child.stderr.on('data', (chunk: Buffer) => { output = (output + chunk.toString()).slice(-50_000) })
  const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
  running.set(child, () => output)
  return {
    ended: ended.then(code => ({ code, output })),
    async stop () {
      child.kill('SIGTERM')
      await ended
      running.delete(child)
    },
  }
}

const running = new Map<ChildProcess, () => string>()

/** Whoever ended too early says why. */
function complain (): void {
  for (const [child, output] of running)
    if (child.exitCode !== null && child.exitCode !== 0) throw new Error(output())
}

async function untilReady (target: Target, port: number): Promise<void> {
  const path = target === 'web' ? '/robots.txt' : `/api/${target}/health/ready`
  await eventually(async () => {
    complain()
    const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => null)
    return answer?.ok
  }, `${target} to be healthy`, healthy_within_ms)
}

/** As the images of PostgreSQL do it at their first start. */
async function makeDatabases (
  admin_url: string, { services, secrets }: ComposeFile, folder: string, translate: Translate
): Promise<void> {
  const client = new pg.Client({ connectionString: admin_url })
  await client.connect()
  try {
    if (services.postgres) {
      const sql = readFileSync(join(root, 'deploy/postgres/development.sql'), 'utf8')
      for (const statement of sql.split(';\n').filter(text => !/^\s*(--[^\n]*)?\s*$/.test(text)))
        await client.query(statement)
    }
    if (!secrets) return
    mkdirSync(join(folder, 'deploy'))
    cpSync(join(root, 'deploy/make-secrets.sh'), join(folder, 'deploy/make-secrets.sh'))
    const made = spawnSync('sh', ['deploy/make-secrets.sh'], { cwd: folder, encoding: 'utf8' })
    if (made.status !== 0) throw new Error(made.stderr)
    for (const [name, { environment = {} }] of Object.entries(services)) {
      if (!name.endsWith('-database')) continue
      const { POSTGRES_USER: user, POSTGRES_DB: database } = environment
      const password = readFileSync(translate(environment.POSTGRES_PASSWORD_FILE!), 'utf8').trim()
      await client.query(`create role ${user} login password '${password}'`)
      await client.query(`create database ${database} owner ${user}`)
    }
    for (const name of Object.keys(secrets).filter(one => /^(database_url|nats_url)/.test(one))) {
      const secret = join(folder, 'secrets', name)
      writeFileSync(secret, translate(readFileSync(secret, 'utf8').trim()))
    }
  } finally {
    await client.end()
  }
}
