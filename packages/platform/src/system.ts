import { loginEnded, listEndedLogins } from '@fermata/contracts/auth'
import type { ReplyOf } from '@fermata/contracts/define'
import { services as serviceTable, type ServiceName } from '@fermata/contracts/services'
import type { FastifyInstance } from 'fastify'
import type { Runner } from 'graphile-worker'
import { sql } from 'kysely'
import type pg from 'pg'
import { createLocalBus, type EventBus } from './bus.ts'
import { createCall, httpTransport, localTransport, type Transport } from './call.ts'
import { createConsumer, max_attempts, type Consumer } from './consumer.ts'
import { createContext } from './context.ts'
import { createPool } from './database.ts'
import { createEndedLogins, type EndedLogins } from './ended-logins.ts'
import { addRoutes, answerUnknownPaths, createHttp } from './http.ts'
import { cron, startJobRunner, startTimers, type JobSource } from './jobs.ts'
import { createLog, type Log, type LogOptions } from './log.ts'
import { countWaiting, deleteOldMessages, type DeadLetterRow } from './message-queries.ts'
import { createMetrics, type HttpMetrics } from './metrics.ts'
import { migrate } from './migrate.ts'
import { addDocumentation } from './openapi.ts'
import { PlatformSettings } from './platform-settings.ts'
import { platformRoutes } from './platform-routes.ts'
import { startRelay, type Relay } from './relay.ts'
import type { Context, ServiceDefinition } from './service.ts'
import { readSettings, type Environment } from './settings.ts'
import { access_token_seconds, createTokens, type Tokens } from './tokens.ts'

export interface SystemOptions {
  /** The services that run in this process. */
  services: ServiceDefinition[]
  environment: Environment
  /** Where a service keeps its data; services may share a server, each has its own schema. */
  databaseUrl: (service: ServiceName) => string
  /** Base address of a service that runs elsewhere; by default its own port on this machine. */
  serviceUrl?: (service: ServiceName) => string
  version?: string
  /** False: events stay in the outbox, because their consumers are not in this process. Default true. */
  deliver_events?: boolean
}

export interface System {
  app: FastifyInstance
  contexts: Map<ServiceName, Context>
  metrics: HttpMetrics
  settings: PlatformSettings
  tokens: Tokens
  /** Refuses new work, finishes what was begun, closes. */
  stop (): Promise<void>
}

interface Running { definition: ServiceDefinition, ctx: Context, attachRelay: (relay: Relay) => void, log: Log, pool: pg.Pool }

/** Starts services in this process: settings, schemas, routes, subscriptions, jobs. The server is ready but does not listen. */
export async function startSystem (options: SystemOptions): Promise<System> {
  const settings = readSettings(PlatformSettings, options.environment)
  const logs = logOptions(settings, options.environment)
  const tokens = createTokens(settings)
  const metrics = createMetrics()
  const bus = createLocalBus()
  const endedLogins = createEndedLogins()
  const app = await createHttp(settings, createLog('http', logs))
  const here = new Map(options.services.map(definition => [definition.name, definition]))
  const transportTo = transports(app, here, options.serviceUrl ?? (name => `http://127.0.0.1:${serviceTable[name].port}`))
  let accepting = false
  const lifecycle = { version: options.version ?? '0.0.0', accepting: () => accepting }

  const running: Running[] = options.services.map(definition => {
    const pool = createPool({ url: options.databaseUrl(definition.name), max_connections: definition.max_connections ?? 4,
      application_name: `fermata-${definition.name}` })
    const log = createLog(definition.name, logs)
    const own = definition.settings ? readSettings(definition.settings, options.environment) : {}
    const { ctx, attachRelay } = createContext({ service: definition.name, pool, log, tokens, metrics,
      version: lifecycle.version, transportTo, settings: { ...settings, ...own } })
    return { definition, ctx, attachRelay, log, pool }
  })

  for (const { definition, ctx } of running) await migrate(ctx.db, definition.name, definition.migrations)
  subscribe(running, bus)
  bus.listen(loginEnded.type, event => endedLogins.add((event.data as { login_ids: string[] }).login_ids))
  for (const { definition, ctx } of running) if (definition.start) ctx.resources = await definition.start(ctx) as {}

  const auth = { tokens, endedLogins, public_origin: settings.PUBLIC_URL }
  const bound = running.map(one => ({ ...one, routes: [...one.definition.routes, ...platformRoutes(one.definition.name, lifecycle)] }))
  answerUnknownPaths(app, bound.flatMap(one => one.routes.map(({ route }) => route)))
  for (const { definition, ctx, routes } of bound) {
    await app.register(async scope => {
      await addDocumentation(scope, definition.name, lifecycle.version)
      addRoutes(scope, routes, { ctx, metrics, rate_limits: settings.RATE_LIMITS === 'on', auth: { ...auth, service: definition.name } })
      await definition.plugin?.(scope, ctx)
    })
  }
  const end = await startBackground(running, bus, metrics, options.deliver_events ?? true)
  accepting = true
  const stopLoading = loadEndedLogins(endedLogins, createCall(running[0]!.definition.name, tokens, transportTo))

  return {
    app, metrics, settings, tokens,
    contexts: new Map(running.map(({ definition, ctx }) => [definition.name, ctx])),
    async stop () {
      accepting = false
      stopLoading()
      await app.close()
      await end()
    },
  }
}

function logOptions (settings: PlatformSettings, environment: Environment): LogOptions {
  return { level: settings.LOG_LEVEL, folder: settings.FERMATA_LOG_DIR, stdout_level: environment.LOG_STDOUT_LEVEL }
}

/** In this process through the router, elsewhere over HTTP; the caller does not know which. */
function transports (app: FastifyInstance, here: Map<ServiceName, unknown>, serviceUrl: (service: ServiceName) => string) {
  const known = new Map<ServiceName, Transport>()
  const local = localTransport(app)
  return (service: ServiceName): Transport => {
    if (here.has(service)) return local
    const transport = known.get(service) ?? httpTransport(serviceUrl(service))
    known.set(service, transport)
    return transport
  }
}

/** Asks auth which logins ended before we listened; until it answers, their tokens live on for ten minutes at most. */
function loadEndedLogins (endedLogins: EndedLogins, call: ReturnType<typeof createCall>): () => void {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const since = new Date(Date.now() - access_token_seconds * 1000).toISOString()
  const load = async () => {
    try {
      const { items } = await call(listEndedLogins, { query: { since } } as {}) as ReplyOf<typeof listEndedLogins>
      endedLogins.add(items.map(item => item.login_id))
    } catch {
      if (!stopped) timer = setTimeout(load, 1000)
    }
  }
  void load()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}

function subscribe (running: Running[], bus: EventBus): void {
  const consumers = new Map<string, Consumer>()
  for (const { definition, ctx, log } of running) {
    for (const subscription of definition.subscriptions ?? []) {
      const consumer = createConsumer({ service: definition.name, subscription, ctx, log, transaction: ctx.transaction })
      bus.subscribe(consumer)
      consumers.set(`${definition.name}.${subscription.name}`, consumer)
    }
    Object.assign(ctx, { redeliver: (letter: DeadLetterRow) => redeliver(consumers.get(`${definition.name}.${letter.handler}`), letter) })
  }
}

/** One more try; if it fails it is a dead letter again. */
async function redeliver (consumer: Consumer | undefined, letter: DeadLetterRow): Promise<void> {
  await consumer?.consume([{ id: letter.event_id, type: letter.type, data: letter.data, request_id: letter.request_id,
    created_at: letter.created_at, attempts: max_attempts }])
}

/** Relays, jobs, timers and gauges; the function it returns ends them in the order that loses nothing. */
async function startBackground (
  running: Running[], bus: EventBus, metrics: HttpMetrics, deliver_events: boolean
): Promise<() => Promise<void>> {
  const relays = running.flatMap(({ definition, ctx, log, attachRelay }) => {
    const labels = { service: definition.name }
    metrics.gauge('fermata_outbox_waiting', 'Events not yet delivered', labels, async () => (await countWaiting(ctx.db, definition.name)).outbox)
    metrics.gauge('fermata_dead_letters', 'Events given up', labels, async () => (await countWaiting(ctx.db, definition.name)).dead_letters)
    if (!deliver_events) return []
    const relay = startRelay({ service: definition.name, bus, transaction: ctx.transaction, log })
    attachRelay(relay)
    return [relay]
  })
  const runners = await startRunners(running)
  const stopTimers = running.map(({ definition, ctx, log }) => startTimers(definition.timers ?? [], ctx, log))
  return async () => {
    await Promise.all(stopTimers.map(stop => stop()))
    await Promise.all(runners.map(runner => runner.stop()))
    for (const { definition, ctx } of running) await definition.stop?.(ctx)
    await Promise.all(relays.map(relay => relay.stop()))
    await Promise.all(running.map(async ({ ctx, pool }) => {
      await ctx.db.destroy()
      if (!pool.ended) await pool.end()
    }))
  }
}

const removeOldMessages = async (ctx: Context) => { await deleteOldMessages(ctx.db, ctx.service) }

/** One runner for each database, not for each service: ten would poll and listen ten times. */
async function startRunners (running: Running[]): Promise<Runner[]> {
  const byDatabase = Map.groupBy(running, ({ pool }) => pool.options.connectionString ?? '')
  return Promise.all([...byDatabase.values()].map(group => {
    const sources: JobSource[] = group.map(({ definition, ctx, log }) => ({
      service: definition.name, ctx, log, jobs: [...definition.jobs ?? [], cron('remove-old-messages', '23 4 * * *', removeOldMessages)] }))
    const pool = createPool({ url: group[0]!.pool.options.connectionString!, max_connections: 6, application_name: 'fermata-jobs' })
    return startJobRunner(pool, sources, group[0]!.log).then(runner => {
      void runner.promise.finally(() => pool.end())
      return runner
    })
  }))
}
