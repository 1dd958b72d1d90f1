import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { startEmbeddedPostgres } from '@fermata/platform/embedded-postgres/supervisor'
import { createServiceDatabases } from '@fermata/platform/service-databases'
import { createTestNats } from '@fermata/testkit/nats-server'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer } from 'smtp-server'
import { composeProduction } from '../../deploy/compose.ts'
import { hostOf, portOf, targets, type Target } from '../../deploy/front-door.ts'
import { renderNginx } from '../../deploy/nginx.ts'
import { backups_folder } from '../../deploy/service-settings.ts'
import { inside_port } from '../../deploy/traefik.ts'
import { startContainer, type Container, type Mount } from './containers.ts'

/**
 * All of Fermata from the image, with the environment that docker-compose.prod.yml gives each
 * container: PostgreSQL, NATS and a mail server outside, nginx for Traefik.
 */

const root = resolve(import.meta.dirname, '../..')
export const admin_email = 'ops@example.org'
const front_port = 8080

/** What an operator writes into `.env`; the rest is left empty, as Compose does. */
const dotenv = (mail_port: number): Record<string, string> => ({
  PUBLIC_URL: 'https://tickets.example.org', FERMATA_ADMIN_EMAIL: admin_email,
  MAIL_HOSTNAME: 'localhost', MAIL_PORT: String(mail_port),
  MAIL_FROM: 'Town Hall <tickets@example.org>', SIMULATED_PAYMENTS: 'true', RATE_LIMITS: 'off',
})

/** Compose's `${NAME:-value}` and `${NAME:?complaint}`. */
const filledIn = (value: string, from: Record<string, string>) => value.replaceAll(
  /\$\{(\w+):([-?])([^}]*)\}/g,
  (_, name: string, kind: string, rest: string) => from[name] ?? (kind === '-' ? rest : ''))

function environmentOf (target: Target, from: Record<string, string>): Record<string, string> {
  const { environment } = composeProduction().services[hostOf(target)]!
  return {
    ...Object.fromEntries(Object.entries(environment!)
      .map(([name, value]) => [name, filledIn(value, from)])),
    // One NATS stands for three here.
    ...(target !== 'web' && { NATS_REPLICAS: '1' }),
  }
}

type Stop = () => Promise<unknown>

export interface Shop {
  url: string
  mails: Email[]
  containers: Record<Target, Container>
  stop: Stop
}

export async function startShop (): Promise<Shop> {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-shop-'))
  // PostgreSQL has an account of its own and must get in.
  chmodSync(folder, 0o711)
  const stops: Stop[] = [async () => { rmSync(folder, { recursive: true, force: true }) }]
  const stop = async () => { for (const one of stops.splice(0).reverse()) await one() }
  try {
    const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'),
      transport: 'tcp', no_sync_initdb: true, settings: { fsync: 'off', max_connections: '300' } })
    stops.push(postgres.stop)
    const nats = await createTestNats()
    stops.push(nats.remove)
    await nats.start()
    const mail = await startMailServer()
    stops.push(mail.stop)
    await makeSecrets(folder, nats.url, await createServiceDatabases(postgres.url,
      new Map(serviceNames.map(name => [name, randomBytes(16).toString('hex')]))))
    const containers = Object.fromEntries(targets.map(target =>
      [target, startOne(target, folder, dotenv(mail.port))])) as Record<Target, Container>
    stops.push(async () => { for (const one of Object.values(containers)) one.kill() })
    stops.push(startFrontDoor(folder))
    return { url: `http://127.0.0.1:${front_port}`, mails: mail.mails, containers, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The script makes the secrets; addresses of what stands elsewhere here are there before it. */
async function makeSecrets (
  folder: string, nats_url: string, databases: ReadonlyMap<ServiceName, string>
): Promise<void> {
  mkdirSync(join(folder, 'deploy'))
  mkdirSync(join(folder, 'secrets'))
  cpSync(join(root, 'deploy/make-secrets.sh'), join(folder, 'deploy/make-secrets.sh'))
  const keep = (name: string, value: string) =>
    writeFileSync(join(folder, 'secrets', name), `${value}\n`)
  for (const [name, url] of databases) keep(`database_url_${name}_service`, url)
  keep('nats_url', nats_url)
  keep('nats_accounts', '')
  const script = spawn('sh', ['deploy/make-secrets.sh'], { cwd: folder, stdio: 'ignore' })
  const code = await new Promise(resolve => script.once('exit', resolve))
  if (code !== 0) throw new Error(`make-secrets.sh ended with ${String(code)}`)
}

function startOne (target: Target, folder: string, settings: Record<string, string>): Container {
  const hosts = join(folder, 'hosts')
  writeFileSync(hosts, `127.0.0.1 localhost traefik ${targets.map(hostOf).join(' ')}\n`)
  const given = composeProduction().services[hostOf(target)]!.secrets ?? []
  const mounts: Mount[] = [
    { from: hosts, to: '/etc/hosts' },
    ...given.map(name => ({ from: join(folder, 'secrets', name), to: `/run/secrets/${name}` })),
  ]
  if (target === 'backups') {
    const backups = join(folder, 'backups')
    mkdirSync(backups)
    // As a new volume is, which takes over the owner of the image's folder.
    chownSync(backups, 1000, 1000)
    mounts.push({ from: backups, to: backups_folder, writable: true })
  }
  return startContainer(target, folder, environmentOf(target, settings), mounts)
}

function startFrontDoor (folder: string): Stop {
  const run_folder = join(folder, 'nginx')
  mkdirSync(run_folder)
  writeFileSync(join(run_folder, 'nginx.conf'), renderNginx({
    listen: [`127.0.0.1:${front_port}`], inside: [`127.0.0.1:${inside_port}`], run_folder,
    limits: 'off',
    upstreams: { kind: 'addresses', of: Object.fromEntries(targets.map(target =>
      [target, [`127.0.0.1:${portOf(target)}`]])) as Record<Target, string[]> },
  }))
  const nginx: ChildProcess = spawn('nginx',
    ['-p', run_folder, '-e', 'stderr', '-c', join(run_folder, 'nginx.conf')], { stdio: 'inherit' })
  const ended = new Promise(resolve => nginx.once('exit', resolve))
  return async () => {
    nginx.kill('SIGTERM')
    await ended
  }
}

async function startMailServer () {
  const mails: Email[] = []
  const keep = async (mail: Buffer) => { mails.push(await PostalMime.parse(mail)) }
  const server = new SMTPServer({ authOptional: true, disabledCommands: ['STARTTLS', 'AUTH'],
    onData (stream, _session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        done()
        void keep(Buffer.concat(chunks))
      })
    } })
  const listening = await new Promise<ReturnType<typeof server.listen>>(resolve => {
    const one = server.listen(0, '127.0.0.1', () => resolve(one))
  })
  const { port } = listening.address() as { port: number }
  return { mails, port, stop: () => new Promise<void>(resolve => { server.close(resolve) }) }
}

/** As the health check of the image says it. */
export async function untilHealthy (container: Container, check: string[], within_ms: number) {
  const deadline_ms = performance.now() + within_ms
  for (;;) {
    const { status, output } = container.exec(...check)
    if (status === 0) return
    if (performance.now() > deadline_ms)
      throw new Error(`${container.name} is not healthy: ${output}\n${container.output()}`)
    await sleep(500)
  }
}
