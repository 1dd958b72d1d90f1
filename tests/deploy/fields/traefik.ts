import { Type } from 'typebox'
import { closed, named, text, texts, whole, yes_or_no } from './closed.ts'

/**
 * Fields of Traefik 3 that we use, and their neighbours, in our words. Compared by hand with
 * `traefik-v3.json` and `traefik-v3-file-provider.json` of SchemaStore, and with Traefik's
 * reference for middlewares that these leave open. Traefik ends at an unknown field of its own
 * settings, and leaves out a whole file of routes with one.
 */

const duration = Type.String({ pattern: '^\\d+(ms|s|m|h)$' })

const Transport = closed({
  lifeCycle: closed({ graceTimeOut: duration, requestAcceptGraceTimeout: duration }),
  respondingTimeouts: closed(
    { readTimeout: duration, writeTimeout: duration, idleTimeout: duration }),
  keepAliveMaxRequests: whole, keepAliveMaxTime: duration,
})

const EntryPoint = closed({
  address: Type.String({ pattern: '^[^:]*:\\d+$' }), transport: Transport, asDefault: yes_or_no,
  forwardedHeaders: closed({ insecure: yes_or_no, trustedIPs: texts, connection: texts }),
  http: closed({
    redirections: closed({ entryPoint:
      closed({ to: text, scheme: text, permanent: yes_or_no, priority: whole }) }),
    tls: closed({ options: text, certResolver: text }), middlewares: texts,
  }),
}, ['address'])

/** `traefik.yml`. */
export const TraefikSettings = closed({
  global: closed({ checkNewVersion: yes_or_no, sendAnonymousUsage: yes_or_no }),
  log: closed({ level: text, format: Type.Enum(['json', 'common']), filePath: text }),
  ping: closed({ entryPoint: text, manualRouting: yes_or_no, terminatingStatusCode: whole }),
  api: closed({ dashboard: yes_or_no, insecure: yes_or_no, debug: yes_or_no,
    disableDashboardAd: yes_or_no, basePath: text }),
  entryPoints: named(EntryPoint),
  serversTransport: closed({ maxIdleConnsPerHost: whole, insecureSkipVerify: yes_or_no,
    rootCAs: texts, forwardingTimeouts: closed(
      { dialTimeout: duration, responseHeaderTimeout: duration, idleConnTimeout: duration }) }),
  providers: closed({
    docker: closed({ endpoint: text, exposedByDefault: yes_or_no, network: text, watch: yes_or_no,
      constraints: text, defaultRule: text, useBindPortIP: yes_or_no }),
    file: closed({ filename: text, directory: text, watch: yes_or_no }),
  }),
}, ['entryPoints', 'providers'])

/** How visitors are told apart; without one, rates count by address and `inFlightReq` by host. */
const SourceCriterion = closed({
  ipStrategy: closed({ depth: whole, excludedIPs: texts, ipv6Subnet: whole }),
  requestHeaderName: text, requestHost: yes_or_no,
})

const Middleware = Type.Union([
  closed({ retry: closed({ attempts: whole, initialInterval: duration }, ['attempts']) }, ['retry']),
  closed({ compress: closed({ minResponseBodyBytes: whole, excludedContentTypes: texts,
    includedContentTypes: texts, defaultEncoding: text, encodings: texts }) }, ['compress']),
  closed({ rateLimit: closed({ average: whole, burst: whole, period: duration,
    sourceCriterion: SourceCriterion }) }, ['rateLimit']),
  closed({ inFlightReq: closed({ amount: whole, sourceCriterion: SourceCriterion },
    ['amount', 'sourceCriterion']) }, ['inFlightReq']),
  closed({ addPrefix: closed({ prefix: text }, ['prefix']) }, ['addPrefix']),
  closed({ basicAuth: closed({ users: texts, usersFile: text, realm: text, headerField: text,
    removeHeader: yes_or_no }) }, ['basicAuth']),
])

const HealthCheck = closed({ path: text, interval: duration, timeout: duration, port: whole,
  scheme: text, hostname: text, method: text, followRedirects: yes_or_no, status: whole }, ['path'])

const Router = closed({ rule: text, priority: whole, service: text, entryPoints: texts,
  middlewares: texts, ruleSyntax: text, tls: closed({ options: text }) }, ['rule', 'service'])

const servers = Type.Array(closed({ url: text, weight: whole }, ['url']), { minItems: 1 })
const LoadBalancer = closed({ servers, healthCheck: HealthCheck, passHostHeader: yes_or_no,
  serversTransport: text }, ['servers'])

/** A file of routes. */
export const TraefikRoutes = closed({
  http: closed({
    routers: named(Router), middlewares: named(Middleware),
    services: named(closed({ loadBalancer: LoadBalancer }, ['loadBalancer'])),
  }),
  tls: closed({
    options: named(closed({ minVersion: Type.Enum(['VersionTLS12', 'VersionTLS13']),
      maxVersion: text, cipherSuites: texts, sniStrict: yes_or_no })),
    stores: named(closed({ defaultCertificate: closed({ certFile: text, keyFile: text }) })),
  }),
})

/** Labels say the same as a file, each in one line; the part after the last name may be lower case. */
const router_parts = /^(rule|priority|service|entrypoints|middlewares)$/
const service_parts = /^loadbalancer\.(server\.port|healthcheck\.(path|interval|timeout))$/
export function knownLabel (label: string): boolean {
  if (label === 'traefik.enable') return true
  const [, kind, part = ''] = /^traefik\.http\.(routers|services)\.[\w-]+\.(.+)$/.exec(label) ?? []
  return kind === 'routers' ? router_parts.test(part) : kind === 'services' && service_parts.test(part)
}
