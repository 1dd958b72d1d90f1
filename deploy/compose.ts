import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { stringify } from 'yaml'
import { hostOf, portOf, targets, type Target } from './front-door.ts'
import { fixedSettings, openNames, secretNames, serviceAddresses } from './service-settings.ts'
import { front_network, inside_port, traefikLabels, type Stage } from './traefik.ts'

/**
 * Compose files in the subset that docker-compose 1.29 and Compose 2 both read: no top-level
 * `name` or `version`.
 */

/** Every image that is not ours, for Compose and for Kubernetes, by its exact version. */
export const images = {
  postgres: 'postgres:18.6-trixie',
  /** What the operator of databases on a cluster runs. */
  database_cluster: 'ghcr.io/cloudnative-pg/postgresql:18.6-minimal-trixie',
  nats: 'nats:2.11.16-alpine',
  traefik: 'traefik:v3.5.3',
  socket: 'tecnativa/docker-socket-proxy:0.3.0',
  nginx: 'nginxinc/nginx-unprivileged:1.28.3-alpine',
}

/** The part of Compose's format that we use; a field that is not here does not compile. */
export interface ComposeService {
  image?: string
  build?: { context: string, dockerfile: string }
  profiles?: string[]
  command?: string[]
  user?: string
  environment?: Record<string, string>
  secrets?: string[]
  volumes?: string[]
  tmpfs?: string[]
  ports?: string[]
  networks?: string[]
  labels?: Record<string, string>
  depends_on?: Record<string, { condition: 'service_started' | 'service_healthy' }>
  healthcheck?: Healthcheck | { disable: true }
  restart?: 'unless-stopped' | 'on-failure'
  stop_grace_period?: string
  init?: boolean
  read_only?: boolean
  cap_drop?: string[]
  security_opt?: string[]
  pids_limit?: number
  mem_limit?: string
  cpus?: number
  shm_size?: string
  logging?: { driver: string, options: Record<string, string> }
}
interface Healthcheck { test: string[], interval: string, timeout: string, retries: number,
  start_period: string }
export interface ComposeFile {
  services: Record<string, ComposeService>
  networks?: Record<string, { internal?: boolean, name?: string } | null>
  volumes?: Record<string, null>
  secrets?: Record<string, { file: string }>
}

const header = '# Written by `npm run deploy:render`; do not edit. docs/operate/deploy.md says how it is used.\n'
export const toCompose = (file: ComposeFile) =>
  header + stringify(file, { lineWidth: 0, aliasDuplicateObjects: false })

/** A dollar is doubled where it is meant: in a rule, not in `${NAME}`, which Compose fills in. */
const literal = (values: Record<string, string>) => Object.fromEntries(
  Object.entries(values).map(([name, value]) => [name, value.replaceAll('$', '$$$$')]))

const hardened: ComposeService = {
  restart: 'unless-stopped', read_only: true, cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '5' } },
}

const watched = (test: string[], start_period = '10s'): Healthcheck =>
  ({ test, interval: '5s', timeout: '3s', retries: 3, start_period })

const secretFile = (name: string) => name.toLowerCase()
/** The server refuses secrets that begin so in production. */
export const development_secret = 'development-only-'

/** Memory and processors of one container; orders sells, so it gets most. */
const sizes: Partial<Record<Target, { mem_limit: string, cpus: number }>> = {
  orders: { mem_limit: '768m', cpus: 2 }, web: { mem_limit: '768m', cpus: 1 },
  tickets: { mem_limit: '768m', cpus: 1 },
}
const usual_size = { mem_limit: '384m', cpus: 1 }

function environmentOf (target: Target, stage: Stage): Record<string, string> {
  const given = openNames(target).filter(name => name !== 'NODE_ENV')
  const secrets = secretNames(target)
  return {
    NODE_ENV: stage,
    ...Object.fromEntries(given.map(name => [name, `\${${name}:-}`])),
    ...fixedSettings(target),
    ...(target === 'web' && { API_URL: `\${API_URL:-http://traefik:${inside_port}}` }),
    ...(stage === 'development' && developmentSettings(target)),
    ...(stage === 'production'
      ? Object.fromEntries(secrets.map(name => [`${name}_FILE`, `/run/secrets/${secretFile(name)}`]))
      : developmentSecrets(target, secrets)),
    ...(stage === 'production' && target !== 'web' && { NATS_REPLICAS: '${NATS_REPLICAS:-3}' }),
    PUBLIC_URL: stage === 'production'
      ? '${PUBLIC_URL:?set PUBLIC_URL in .env, such as https://tickets.example.org}'
      : '${PUBLIC_URL:-http://localhost}',
  }
}

/**
 * The demonstration, whose accounts have a public password: the front door is open to this machine
 * alone. Visitors come to the containers from the network's own address, which this machine has.
 */
const developmentSettings = (target: Target): Record<string, string> => ({
  FERMATA_DEMO: '${FERMATA_DEMO:-true}',
  MAILBOX_READERS: '${MAILBOX_READERS:-10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7}',
  ...(target === 'backups' && { BACKUP_SCHEDULE: '${BACKUP_SCHEDULE:-*/10 * * * *}' }),
})

function developmentSecrets (target: Target, names: string[]): Record<string, string> {
  return Object.fromEntries(names.map(name => {
    const usual = name === 'NATS_URL' ? 'nats://nats:4222'
      : name.startsWith('DATABASE_URL')
        ? `postgres://${target}:${development_secret}database@postgres:5432/${target}`
        : no_default.has(name) ? ''
          : `${development_secret}${name.toLowerCase().replaceAll('_', '-')}`
            .padEnd(least_secret_length, '-')
    return [name, `\${${name}:-${usual}}`]
  }))
}

/** What the settings of keys ask for. */
const least_secret_length = 32

/** Secrets of somebody else's servers, where there are none. */
const no_default = new Set(['MAIL_PASSWORD', 'OTEL_EXPORTER_OTLP_HEADERS'])

function application (target: Target, stage: Stage): ComposeService {
  const production = stage === 'production'
  const databases = target === 'web' ? [] : [production ? `${target}-database` : 'postgres']
  const carriers = target === 'web' ? [] : production ? ['nats-1', 'nats-2', 'nats-3'] : ['nats']
  return {
    image: 'fermata:${FERMATA_VERSION:-local}',
    build: { context: '.', dockerfile: 'Dockerfile' },
    ...hardened, init: true, stop_grace_period: '20s', pids_limit: 256,
    ...(production && (sizes[target] ?? usual_size)),
    environment: environmentOf(target, stage),
    ...(production && target !== 'web' && { secrets: secretNames(target).map(secretFile) }),
    tmpfs: ['/tmp:mode=1777,size=64m'],
    ...(target === 'backups' && { volumes: ['backups:/var/lib/fermata/backups'] }),
    networks: [
      'front', ...(target === 'web' ? [] : ['back']),
      // Mail servers and payment providers are elsewhere; nobody else has business there.
      ...(target === 'notifications' || target === 'payments' ? ['outside'] : []),
    ],
    labels: literal(traefikLabels(target, stage)),
    depends_on: Object.fromEntries([...databases, ...carriers]
      .map(name => [name, { condition: 'service_healthy' as const }])),
    healthcheck: watched(['CMD', 'node', 'apps/server/health-check.ts'], '60s'),
  }
}

/** Fills an empty installation with events and purchases when all is up, and ends. */
function demonstration (): ComposeService {
  const { image, build } = application('web', 'development')
  return {
    image, build, ...hardened, restart: 'on-failure', init: true,
    command: ['node', 'apps/server/demo/main.ts'],
    environment: { FERMATA_DEMO: '${FERMATA_DEMO:-true}', ...serviceAddresses() },
    networks: ['back'], healthcheck: { disable: true },
    depends_on: Object.fromEntries(serviceNames.map(name =>
      [hostOf(name), { condition: 'service_healthy' as const }])),
  }
}

function frontDoor (stage: Stage): Record<string, ComposeService> {
  const production = stage === 'production'
  return {
    traefik: {
      image: images.traefik, ...hardened,
      ...(production && { mem_limit: '512m', cpus: 2 }),
      ...(production && { environment: {
        DASHBOARD_USER: '${DASHBOARD_USER:?set DASHBOARD_USER in .env}',
        DASHBOARD_PASSWORD_HASH:
          '${DASHBOARD_PASSWORD_HASH:?set DASHBOARD_PASSWORD_HASH in .env, see docs/operate/deploy.md}',
      }, secrets: ['tls_certificate', 'tls_key'] }),
      volumes: [
        `./deploy/traefik/${stage}.yml:/etc/traefik/traefik.yml:ro`,
        `./deploy/traefik/${stage}-shared.yml:/etc/traefik/dynamic.yml:ro`,
      ],
      ports: production
        ? ['${HOST_PORT_TRAEFIK:-80}:80', '${HOST_PORT_TRAEFIK_TLS:-443}:443']
        : ['127.0.0.1:${HOST_PORT_TRAEFIK:-80}:80', '127.0.0.1:${HOST_PORT_GATEWAY:-8000}:80',
          '127.0.0.1:${HOST_PORT_TRAEFIK_DASHBOARD:-8080}:8080'],
      networks: ['front', 'socket', 'outside'],
      depends_on: { 'docker-socket': { condition: 'service_started' } },
      healthcheck: watched(['CMD', 'traefik', 'healthcheck', '--ping']),
    },
    // Traefik learns of containers through this, which passes on questions and nothing else.
    'docker-socket': {
      image: images.socket, ...hardened, tmpfs: ['/run', '/tmp'],
      environment: { CONTAINERS: '1', POST: '0' },
      volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro'],
      networks: ['socket'],
    },
  }
}

const postgresHealth = (user: string) =>
  watched(['CMD', 'pg_isready', '--quiet', '--host=127.0.0.1', `--username=${user}`], '60s')

/** Since PostgreSQL 18 its image keeps each major version in a folder of its own below this. */
const database_folder = '/var/lib/postgresql'

// The server starts as root to own its folder, then becomes its account.
const databaseServer: ComposeService = {
  image: images.postgres, restart: 'unless-stopped', stop_grace_period: '60s', shm_size: '128m',
  security_opt: ['no-new-privileges:true'], networks: ['back'],
  command: ['postgres', '-c', 'max_connections=200', '-c', 'shared_buffers=128MB'],
}

const networks = {
  front: { name: front_network, internal: true }, back: { internal: true },
  socket: { internal: true }, outside: null,
}

export function composeDevelopment (): ComposeFile {
  return {
    services: {
      ...frontDoor('development'),
      ...Object.fromEntries(targets.map(target =>
        [hostOf(target), application(target, 'development')])),
      demo: demonstration(),
      postgres: { ...databaseServer,
        environment: { POSTGRES_PASSWORD: `${development_secret}database` },
        volumes: [`postgres:${database_folder}`,
          './deploy/postgres/development.sql:/docker-entrypoint-initdb.d/databases.sql:ro'],
        healthcheck: postgresHealth('postgres') },
      nats: { image: images.nats, ...hardened, command: ['--config=/etc/nats/nats.conf'],
        volumes: ['./deploy/nats/development.conf:/etc/nats/nats.conf:ro', 'nats:/data'],
        networks: ['back'],
        healthcheck: watched(['CMD', 'wget', '-q', '-O', '-', 'http://127.0.0.1:8222/healthz']) },
      // Traefik's routes, by nginx: `docker compose --profile nginx up`.
      nginx: { image: images.nginx, ...hardened, profiles: ['nginx'], tmpfs: ['/tmp'],
        // The image's own command says `daemon off` a second time, which nginx refuses.
        command: ['nginx', '-c', '/etc/nginx/nginx.conf'],
        volumes: ['./deploy/nginx/development.conf:/etc/nginx/nginx.conf:ro'],
        ports: ['127.0.0.1:${HOST_PORT_NGINX:-8088}:8080'], networks: ['front', 'outside'] },
    },
    networks, volumes: { postgres: null, nats: null, backups: null },
  }
}

/**
 * Laid over compose.yml: each service on its own port of this machine, so none can be scaled. On
 * the gateway's stands the front door.
 */
export function composeDebug (): ComposeFile {
  return { services: Object.fromEntries(targets.map(target => [hostOf(target), {
    ports: [`127.0.0.1:${target === 'gateway' ? gateway_behind_door : portOf(target)}:${portOf(target)}`],
    networks: ['outside'],
  }])) }
}
const gateway_behind_door = 8010

function carrier (name: string): ComposeService {
  return { image: images.nats, ...hardened, mem_limit: '512m', cpus: 1,
    command: ['--config=/etc/nats/nats.conf', `--name=${name}`],
    // The secret names the account; the file is read as root, which the image is by default.
    secrets: ['nats_accounts'],
    volumes: ['./deploy/nats/cluster.conf:/etc/nats/nats.conf:ro', `${name}:/data`],
    networks: ['back'], stop_grace_period: '30s',
    healthcheck: watched(['CMD', 'wget', '-q', '-O', '-', 'http://127.0.0.1:8222/healthz'], '30s') }
}

function databaseOf (name: ServiceName): ComposeService {
  const password = `${name}_database_password`
  return {
    ...databaseServer,
    mem_limit: name === 'orders' ? '2g' : '512m', cpus: name === 'orders' ? 2 : 1,
    environment: { POSTGRES_USER: name, POSTGRES_DB: name,
      POSTGRES_PASSWORD_FILE: `/run/secrets/${password}` },
    secrets: [password],
    volumes: [`${name}-database:${database_folder}`],
    healthcheck: postgresHealth(name),
  }
}

export function composeProduction (): ComposeFile {
  const carriers = ['nats-1', 'nats-2', 'nats-3']
  const secrets = [...new Set([...targets.flatMap(secretNames).map(secretFile), 'nats_accounts',
    'tls_certificate', 'tls_key', ...serviceNames.map(name => `${name}_database_password`)])]
  return {
    services: {
      ...frontDoor('production'),
      ...Object.fromEntries(targets.map(target =>
        [hostOf(target), application(target, 'production')])),
      ...Object.fromEntries(serviceNames.map(name => [`${name}-database`, databaseOf(name)])),
      ...Object.fromEntries(carriers.map(name => [name, carrier(name)])),
    },
    networks,
    volumes: Object.fromEntries([...serviceNames.map(name => `${name}-database`), ...carriers,
      'backups'].map(name => [name, null])),
    secrets: Object.fromEntries(secrets.sort().map(name => [name, { file: `./secrets/${name}` }])),
  }
}
