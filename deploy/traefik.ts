import { stringify } from 'yaml'
import {
  debugPattern, debugTargets, hostOf, metrics_path, portOf, publicPrefixes, targets, type Target,
} from './front-door.ts'

/** Traefik 3: its own settings, what they share, and the labels by which it finds containers. */

export type Stage = 'development' | 'production'

/** Containers reach Traefik here; the port is not published. */
export const inside_port = 8081
/** The network on which Traefik reaches containers; the name is the same for every project. */
export const front_network = 'fermata-front'

// As in nginx.ts: for floods, not for a school behind one address.
const requests_per_second = 500
const burst_requests = 5000
const connections_per_address = 6000

const header = '# Written by `npm run deploy:render`; do not edit.\n'
const toYaml = (value: unknown) =>
  header + stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })

/** The file `traefik.yml`, read once at the start. */
export function renderTraefikStatic (stage: Stage): string {
  const timeouts = { respondingTimeouts: { readTimeout: '30s', idleTimeout: '65s' },
    lifeCycle: { graceTimeOut: '10s' } }
  const production = stage === 'production'
  return toYaml({
    global: { checkNewVersion: false, sendAnonymousUsage: false },
    log: { level: 'INFO', format: 'json' },
    ping: {},
    api: production ? { dashboard: true } : { dashboard: true, insecure: true },
    entryPoints: {
      public: { address: ':80', transport: timeouts,
        ...(production &&
          { http: { redirections: { entryPoint: { to: 'secure', scheme: 'https' } } } }) },
      ...(production && { secure: { address: ':443', transport: timeouts, http: { tls: {} } } }),
      // Only containers come here, and the pages speak for their visitors.
      inside: { address: `:${inside_port}`, transport: timeouts,
        forwardedHeaders: { insecure: true } },
    },
    serversTransport: { maxIdleConnsPerHost: 256,
      forwardingTimeouts: { dialTimeout: '2s', responseHeaderTimeout: '35s',
        idleConnTimeout: '2s' } },
    providers: {
      docker: { endpoint: 'tcp://docker-socket:2375', exposedByDefault: false,
        network: front_network },
      file: { filename: '/etc/traefik/dynamic.yml' },
    },
  })
}

/** Paths of Traefik's dashboard; our own `/api/<service>` stays ours on the same host. */
const dashboardPaths = ['/dashboard', ...['overview', 'entrypoints', 'http', 'tcp', 'udp', 'rawdata', 'version',
  'support-dump'].map(name => `/api/${name}`)]

/** The file `dynamic.yml`: what several routes share. Values in braces come from its environment. */
export function renderTraefikDynamic (stage: Stage): string {
  const dashboard = dashboardPaths.map(path => `PathPrefix(\`${path}\`)`).join(' || ')
  return toYaml({
    http: {
      middlewares: {
        // Tried again only while nothing was sent, so a purchase is never sent twice.
        retry: { retry: { attempts: 3, initialInterval: '50ms' } },
        compress: { compress: { minResponseBodyBytes: 1024 } },
        rate: { rateLimit: { average: requests_per_second, burst: burst_requests } },
        // Without a criterion Traefik counts per host name: all visitors together.
        connections: { inFlightReq: { amount: connections_per_address,
          sourceCriterion: { ipStrategy: { depth: 0 } } } },
        shorthand: { addPrefix: { prefix: '/api' } },
        ...(stage === 'production' && { dashboard: { basicAuth: {
          users: ['{{ env "DASHBOARD_USER" }}:{{ env "DASHBOARD_PASSWORD_HASH" }}'] } } }),
      },
      ...(stage === 'production' && { routers: { dashboard: {
        rule: `Host(\`traefik.localhost\`) && (Path(\`/\`) || ${dashboard})`,
        priority: priorities.dashboard, entryPoints: ['secure'], service: 'api@internal',
        middlewares: ['dashboard'],
      } } }),
    },
    ...(stage === 'production' && { tls: {
      options: { default: { minVersion: 'VersionTLS12' } },
      stores: { default: { defaultCertificate: {
        certFile: '/run/secrets/tls_certificate', keyFile: '/run/secrets/tls_key' } } },
    } }),
  })
}

// Services before the dashboard, so that their documents are found on its host too; the gateway's
// `/api` after those whose paths begin with it; pages last.
// A name of older texts that lies below another service's prefix comes before that prefix, and the
// shorthands of development before the names that only say where to ask.
const priorities = { shorthand: 120, names: 110, service: 100, dashboard: 90, gateway: 80, web: 1 }

const priorityOf = (target: Target) =>
  target === 'web' || target === 'gateway' ? priorities[target] : priorities.service

/**
 * A rule for whole path segments: `/api/orders`, but not `/api/ordersx`. No router names
 * `/internal` or the metrics, so both end with the pages, which do not have them.
 */
export function traefikRule (target: Target): string {
  if (target === 'web') return 'PathPrefix(`/`)'
  return publicPrefixes.filter(prefix => prefix.target === target && prefix.path !== metrics_path)
    .flatMap(({ path, is_exact }) => is_exact ? [] : [`Path(\`${path}\`) || PathPrefix(\`${path}/\`)`])
    .join(' || ')
}

/** A rule for the names of older texts below which there is nothing; empty where there are none. */
const namesRule = (target: Target) => publicPrefixes
  .filter(prefix => prefix.target === target && prefix.is_exact)
  .map(({ path }) => `Path(\`${path}\`)`).join(' || ')

const healthPath = (target: Target) =>
  target === 'web' ? '/robots.txt' : `/api/${target}/health/ready`

/** The labels of a target's containers. */
export function traefikLabels (target: Target, stage: Stage): Record<string, string> {
  const name = hostOf(target)
  const outside = stage === 'production' ? 'secure' : 'public'
  const router = (suffix: string, parts: Record<string, string>) =>
    Object.entries({ ...parts, service: name }).map(([key, value]) =>
      [`traefik.http.routers.${name}${suffix}.${key}`, value])
  const shared = { rule: traefikRule(target), priority: String(priorityOf(target)) }
  const service = `traefik.http.services.${name}.loadbalancer`
  const debug = stage === 'development' ? debugTargets.find(one => one === target) : undefined
  return Object.fromEntries([
    ['traefik.enable', 'true'],
    ...router('', { ...shared, entrypoints: outside,
      middlewares: 'rate@file,connections@file,compress@file,retry@file' }),
    ...(namesRule(target) === '' ? [] : router('-names', {
      rule: namesRule(target), priority: String(priorities.names), entrypoints: outside,
      middlewares: 'rate@file,connections@file,compress@file,retry@file' })),
    ...(target === 'web' ? [] : router('-inside', { ...shared, entrypoints: 'inside', middlewares: 'retry@file' })),
    ...(debug
      ? router('-shorthand', { rule: `PathRegexp(\`${debugPattern(debug)}\`)`,
          priority: String(priorities.shorthand), entrypoints: outside,
          middlewares: 'shorthand@file,retry@file' })
      : []),
    [`${service}.server.port`, String(portOf(target))],
    // A container that is about to stop says so here first, and gets no new requests.
    [`${service}.healthcheck.path`, healthPath(target)],
    [`${service}.healthcheck.interval`, '2s'],
    [`${service}.healthcheck.timeout`, '1s'],
  ])
}

/**
 * The front door's routes as a file, for Traefik without containers: every target at the addresses
 * given, `http://host:port`.
 */
export function renderTraefikAddresses (addresses: Record<Target, readonly string[]>): string {
  const middlewares = {
    retry: { retry: { attempts: 3, initialInterval: '50ms' } },
    rate: { rateLimit: { average: requests_per_second, burst: burst_requests } },
  }
  return toYaml({ http: {
    middlewares,
    routers: Object.fromEntries(targets.map(target => [target, { rule: traefikRule(target),
      priority: priorityOf(target), service: target, middlewares: ['rate', 'retry'] }])),
    services: Object.fromEntries(targets.map(target => [target, { loadBalancer: {
      servers: addresses[target].map(url => ({ url })),
      healthCheck: { path: healthPath(target), interval: '2s', timeout: '1s' } } }])),
  } })
}
