import { loginEnded } from '@fermata/contracts/auth'
import { eventHandlers } from '@fermata/contracts/event-handlers'
import { services as serviceTable, type ServiceName } from '@fermata/contracts/services'
import type { FastifyInstance } from 'fastify'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBackground, type Running } from './background.ts'
import { createLocalBus, type EventBus } from './bus.ts'
import { createCall, localTransport, type Transport } from './call.ts'
import { createConsumer, type Consumer } from './consumer.ts'
import { createContext } from './context.ts'
import { createDatabase, createPool } from './database.ts'
import { createRedelivery } from './dead-letters.ts'
import { addDrain } from './drain.ts'
import { endEarlyAnswers } from './early-answers.ts'
import { createEndedLogins, followEndedLogins, type EndedLogins } from './ended-logins.ts'
import { httpTransport } from './http-transport.ts'
import { addRoutes, answerUnknownPaths, createHttp } from './http.ts'
import { createJetstreamBus } from './jetstream-bus.ts'
import { addressToServe } from './lesser-roles.ts'
import { createLog, type LogOptions } from './log.ts'
import { addMetricsRoute } from './metrics-access.ts'
import { createMetrics, type HttpMetrics } from './metrics.ts'
import { migrate } from './migrate.ts'
import { addMovedNames, leadToOwnDocument } from './moved-names.ts'
import { addDocumentation } from './openapi.ts'
import { fixedKeys, followPersonKeys, type PersonKeys } from './person-keys.ts'
import { LoginSignature, PlatformSettings } from './platform-settings.ts'
import { platformRoutes, type Lifecycle } from './platform-routes.ts'
import { refusePooler } from './refuse-pooler.ts'
import { refuseHalfRestored } from './restore-mark.ts'
import type { Context, ServiceDefinition } from './service.ts'
import { readSettings, type Environment } from './settings.ts'
import { statementRoutes } from './statements.ts'
import { createIsHere } from './this-machine.ts'
import { createTokens, type Tokens } from './tokens.ts'
import { createTracing, type Tracing } from './tracing.ts'

export interface SystemOptions {
  /** The services that run in this process. */
  services: ServiceDefinition[]
  environment: Environment
  /** Where a service keeps its data; services may share a server, each has its own schema. */
  databaseUrl: (service: ServiceName) => string
  /** Base addresses of a service that runs elsewhere; by default its own port on this machine. */
  serviceUrls?: (service: ServiceName) => string[]
  version?: string
  /**
   * True: nobody else uses these databases, so what a killed process left locked there is released.
   */
  sole_process?: boolean
  /**
   * False: events stay in the outbox, because their consumers are not in this process. Default
   * true.
   */
  deliver_events?: boolean
  /** What verifies people's tokens where auth runs elsewhere; by default it is asked. */
  person_keys?: PersonKeys
  /**
   * Who handles each event, as `service.handler`, wherever they run; for tests with events of their
   * own.
   */
  event_handlers?: Record<string, readonly string[]>
  /**
   * What this process answers beside the services. It is there before anything runs in the
   * background: the first call between services closes the list of routes.
   */
  serve_also?: (
    app: FastifyInstance, with_system: { tracing: Tracing, settings: PlatformSettings }
  ) => Promise<void>
}

export interface System {
  bus: EventBus
  app: FastifyInstance
  contexts: Map<ServiceName, Context>
  metrics: HttpMetrics
  settings: PlatformSettings
  /** Of auth where it runs here, else of a service that signs no logins. */
  tokens: Tokens
  tracing: Tracing
  /** Refuses new work, finishes what was begun, closes. Asked twice, it does so once. */
  stop (): Promise<void>
}

/**
 * Starts services in this process: settings, schemas, routes, subscriptions, jobs. The server is
 * ready but does not listen.
 */
export async function startSystem (options: SystemOptions): Promise<System> {
  const settings = readSettings(PlatformSettings, options.environment)
  const version = options.version ?? '0.0.0'
  const log = createLog('http', logOptions(settings, options))
  const tracing = await createTracing(settings, version, log)
  const app = await createHttp(settings, log, tracing)
  let accepting = false
  const drain = addDrain(app, () => !accepting)
  const shared: Shared = {
    settings, app, version, tracing,
    metrics: createMetrics(), endedLogins: createEndedLogins(),
    transportTo: transports(app, options),
  }
  const { metrics, endedLogins } = shared
  const { person_keys, stopFollowingKeys } = personKeysFor(options, shared)
  const running: Running[] = []
  // One that npm brought has nothing before it.
  if (!options.sole_process) {
    const urls = options.services.map(({ name }) => options.databaseUrl(name))
    for (const url of new Set(urls)) await refusePooler(url)
  }
  for (const definition of options.services) {
    const url = await prepareDatabase(definition, options)
    running.push(prepare(definition, options, { ...shared, person_keys, url }))
  }
  const bus = createBus(settings, options)
  subscribe(running, bus)
  bus.listen(loginEnded.type, data => {
    endedLogins.add((data as { login_ids: string[] }).login_ids)
  })
  for (const { definition, ctx } of running) {
    if (definition.start) ctx.resources = await definition.start(ctx) as {}
  }
  await serve(running, shared, {
    version, accepting: () => accepting, bus_carries: bus.carries,
  })
  await options.serve_also?.(app, { tracing, settings })
  const { deliver_events = true, sole_process = false } = options
  const stopBackground = await startBackground(running, {
    bus, metrics, deliver_events, sole_process,
  })
  accepting = true
  const stopFollowing = follow(running, shared, bus)
  return {
    app, bus, metrics, settings, tracing,
    tokens: (running.find(({ definition }) => definition.name === 'auth') ?? running[0])?.ctx.tokens
      ?? createTokens(settings),
    contexts: new Map(running.map(({ definition, ctx }) => [definition.name, ctx])),
    stop: once(async () => {
      accepting = false
      // They would keep the connections they come by.
      endEarlyAnswers(app.server)
      stopFollowing()
      stopFollowingKeys()
      await sleep(settings.DRAIN_MS)
      await drain()
      await stopBackground()
      await app.close()
      for (const { definition, ctx } of running) await definition.stop?.(ctx)
      await Promise.all(running.map(({ ctx }) => ctx.db.destroy()))
      await tracing.stop()
    }),
  }
}

/** What the services of a process have in common. */
interface Shared {
  settings: PlatformSettings
  app: FastifyInstance
  version: string
  metrics: HttpMetrics
  endedLogins: EndedLogins
  tracing: Tracing
  transportTo: (service: ServiceName) => Transport
}

/**
 * Brings a service's schema up to date as the owner of its database.
 * @returns the address with which it serves
 */
async function prepareDatabase (
  { name, migrations }: ServiceDefinition, { services, databaseUrl }: SystemOptions
): Promise<string> {
  const owner_url = databaseUrl(name)
  const here = services.map(one => one.name).filter(one => databaseUrl(one) === owner_url)
  const pool = createPool({
    url: owner_url, max_connections: 1, application_name: 'fermata-owner',
  })
  const db = createDatabase(pool)
  try {
    await refuseHalfRestored(db, here)
    await migrate(db, name, migrations)
  } finally {
    await db.destroy()
  }
  return addressToServe(owner_url, name)
}

/** A service's own settings, log, connections and context; nothing is asked of the database yet. */
function prepare (
  definition: ServiceDefinition, options: SystemOptions,
  shared: Shared & { person_keys: PersonKeys | undefined, url: string }
): Running {
  const { settings, metrics, version, tracing, transportTo, person_keys, url } = shared
  const service = definition.name
  const pool = createPool({
    url, max_connections: definition.max_connections ?? 4,
    application_name: `fermata-${service}`,
  })
  const log = createLog(service, logOptions(settings, options))
  const own = definition.settings ? readSettings(definition.settings, options.environment) : {}
  // A service signs with what its own settings name, also where others of the process can do more.
  const tokens = createTokens({ ...own, ...settings }, person_keys)
  const { ctx, attachRelay } = createContext({
    service, pool, log, tokens, metrics, version, tracing, transportTo,
    settings: { ...settings, ...own },
  })
  const owner_url = options.databaseUrl(service)
  if (url === owner_url) log.info('serves as the owner of its database')
  return { definition, ctx, attachRelay, log, pool, owner_url }
}

/** Puts every service's routes, documents and plugin on the one server. */
async function serve (
  running: Running[], shared: Shared, lifecycle: Omit<Lifecycle, 'owner_url'>
): Promise<void> {
  const { app, settings, endedLogins, metrics, version } = shared
  const routesOf = new Map(running.map(({ definition, owner_url }) =>
    [definition, [
      ...definition.routes, ...statementRoutes(definition),
      ...platformRoutes(definition, { ...lifecycle, owner_url }),
    ]]))
  const isHere = createIsHere(settings.MAILBOX_READERS)
  answerUnknownPaths(app, [...routesOf.values()].flat().map(({ route }) => route))
  if (!running.some(({ definition }) => definition.name === 'gateway')) {
    addMetricsRoute(app, metrics, settings.METRICS_TOKEN)
    if (running[0]) leadToOwnDocument(app, running[0].definition.name)
  }
  for (const { definition, ctx } of running) {
    const auth = {
      tokens: ctx.tokens, endedLogins, public_origin: settings.PUBLIC_URL, service: definition.name,
    }
    await app.register(async scope => {
      await addDocumentation(scope, definition.name, version)
      addRoutes(scope, routesOf.get(definition)!, {
        ctx, metrics, auth, isHere, rate_limits: settings.RATE_LIMITS === 'on',
        hasStaff: definition.hasStaff,
      })
      await definition.plugin?.(scope, ctx)
      addMovedNames(scope, definition.name)
    })
  }
}

/** JetStream where a server is named, else within this process. */
function createBus (settings: PlatformSettings, options: SystemOptions): EventBus {
  const { NATS_URL: url, NATS_REPLICAS: replicas } = settings
  if (url === undefined) return createLocalBus()
  const handlers = options.event_handlers ?? eventHandlers
  return createJetstreamBus({
    url, replicas, name: options.services.map(({ name }) => name).join(','),
    handlersOf: type => handlers[type] ?? [], log: createLog('bus', logOptions(settings, options)),
  })
}

/**
 * What verifies people's tokens: what we were given, auth's own secret where it runs here, else
 * what auth tells. The pages alone check no tokens.
 */
function personKeysFor (
  { services, environment, person_keys }: SystemOptions, shared: Shared
): { person_keys: PersonKeys | undefined, stopFollowingKeys: () => void } {
  const stays = () => {}
  const [first] = services
  if (person_keys || !first) return { person_keys, stopFollowingKeys: stays }
  if (services.some(({ name }) => name === 'auth')) {
    const { JWT_INTERNAL_SIGNATURE } = shared.settings
    const signer = createTokens(
      { ...readSettings(LoginSignature, environment), JWT_INTERNAL_SIGNATURE })
    return { person_keys: fixedKeys(signer.jwks().keys), stopFollowingKeys: stays }
  }
  const call = createCall({ from: first.name, tokens: createTokens(shared.settings), ...shared })
  const followed = followPersonKeys(call)
  return { person_keys: followed, stopFollowingKeys: followed.stop }
}

/** The pages alone check no tokens. */
function follow (running: Running[], shared: Shared, bus: EventBus): () => void {
  const [first] = running
  if (!first) return () => {}
  const { service, tokens } = first.ctx
  const call = createCall({ from: service, tokens, ...shared })
  // News of a bus within this process come from an auth that is here, or from nobody.
  const has_news = shared.settings.NATS_URL !== undefined ||
    running.some(({ definition }) => definition.name === 'auth')
  return followEndedLogins(shared.endedLogins, call, {
    connected: () => has_news && bus.connected(), onReturn: again => bus.onReturn(again),
  })
}

function once (work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => done ??= work()
}

const logOptions = (settings: PlatformSettings, { environment }: SystemOptions): LogOptions => ({
  level: settings.LOG_LEVEL, folder: settings.FERMATA_LOG_DIR,
  stdout_level: environment.LOG_STDOUT_LEVEL, file_mb: settings.LOG_FILE_MB,
})

/** In this process through the router, elsewhere over HTTP; the caller does not know which. */
function transports (app: FastifyInstance, { services, serviceUrls }: SystemOptions) {
  const here = new Set(services.map(({ name }) => name))
  const urlsOf = serviceUrls ?? (name => [`http://127.0.0.1:${serviceTable[name].port}`])
  const known = new Map<ServiceName, Transport>()
  const local = localTransport(app)
  return (service: ServiceName): Transport => {
    if (here.has(service)) return local
    const transport = known.get(service) ?? httpTransport(...urlsOf(service))
    known.set(service, transport)
    return transport
  }
}

function subscribe (running: Running[], bus: EventBus): void {
  for (const { definition, ctx, log } of running) {
    const consumers = new Map<string, Consumer>()
    for (const subscription of definition.subscriptions ?? []) {
      const consumer = createConsumer({
        service: definition.name, subscription, ctx, log, transaction: ctx.transaction,
        tracing: ctx.tracing })
      bus.subscribe(consumer)
      consumers.set(subscription.name, consumer)
    }
    Object.assign(ctx, { redeliver: createRedelivery(ctx, consumers) })
  }
}
