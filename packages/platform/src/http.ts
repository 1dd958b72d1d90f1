import { Readable } from 'node:stream'
import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import rateLimit from '@fastify/rate-limit'
import { default_body_limit_bytes, mediaTypeOf, type AnyRoute } from '@fermata/contracts/define'
import { methodNotAllowed, notFound, tooLarge } from '@fermata/contracts/problems'
import Fastify, {
  LogController, type FastifyInstance, type FastifyReply, type FastifyRequest, type FastifySchema,
} from 'fastify'
import { enter, isAdmitted, type Caller } from './caller.ts'
import { authenticate, type Authenticator } from './authenticate.ts'
import { holdsCardNumber } from './card-numbers.ts'
import { inTime, watchAnswer } from './deadline.ts'
import { answerEarly, createEarlyServers, type AnswerEarly } from './early-answers.ts'
import { findReplay, readIdempotency } from './idempotency.ts'
import { again_after_s, handleError, sendProblem, sendRefusal } from './http-errors.ts'
import { uuidv7 } from './ids.ts'
import type { Log } from './log.ts'
import type { HttpMetrics } from './metrics.ts'
import { createRanges } from './network.ts'
import { letTakeItsTime, refuseUnreadable } from './odd-answers.ts'
import { openApiSchema } from './openapi.ts'
import type { PlatformSettings } from './platform-settings.ts'
import { Problem } from './problem.ts'
import { limitOf } from './rate-limits.ts'
import { createRefusalLog, createRefusalPace } from './refusal-pace.ts'
import { securityHeaders } from './security-headers.ts'
import { isReply, type BoundRoute, type Context, type Reply, type Request } from './service.ts'
import { no_tracing, type Span, type Tracing } from './tracing.ts'
import type { Arrival } from './this-machine.ts'
import { refusalOfUndeclared } from './undeclared.ts'
import { compileValidator } from './validation.ts'

declare module 'fastify' {
  interface FastifyRequest { caller: Caller, span: Span | null }
  interface FastifyContextConfig {
    contract?: AnyRoute
    operation?: string
    service?: string
  }
}

const request_id_pattern = /^[\w-]{8,64}$/
/**
 * A client that has not sent its headers, or all of its request, by then holds a connection for
 * nothing. The headers in one go, as every browser sends them; a body may come by a slow line.
 */
const headers_timeout_ms = 10_000
const request_timeout_ms = 30_000

const keep_alive_ms = 65_000
/** Where ten services start at once on two cores, Fastify's ten seconds ended one that was slow. */
const plugin_timeout_ms = 60_000

/** The HTTP server that all services of this process share: limits, headers, errors. */
export async function createHttp (
  settings: PlatformSettings, log: Log, tracing: Tracing = no_tracing
): Promise<FastifyInstance> {
  const headers = securityHeaders(settings.PUBLIC_URL)
  const isTrusted = createRanges(settings.TRUST_PROXY)
  // Most answers are about somebody. What may be kept says so itself.
  const usual = { ...headers, 'cache-control': 'no-store' }
  const addUsual = (reply: FastifyReply, id: string) =>
    reply.headers(usual).header('x-request-id', id)
  const app = Fastify({
    loggerInstance: log as never,
    // `addRoutes` writes one line for each request, with the operation's name.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: default_body_limit_bytes,
    serverFactory: createEarlyServers({
      headers, headersTimeout: headers_timeout_ms, requestTimeout: request_timeout_ms,
      keepAliveTimeout: keep_alive_ms, isTrusted,
    }),
    // Idle keep-alive connections would otherwise hold up a stop for as long as their clients
    // please.
    forceCloseConnections: 'idle',
    trustProxy: settings.TRUST_PROXY.split(',').map(part => part.trim()),
    genReqId: request => {
      const given = request.headers['x-request-id']
      return typeof given === 'string' && request_id_pattern.test(given) && !holdsCardNumber(given)
        ? given : tracing.readRequestId(request.headers) ?? uuidv7()
    },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    // Addresses that cannot be decoded.
    frameworkErrors: (error, request, reply) => {
      handleError(error, request, addUsual(reply, request.id))
    },
    clientErrorHandler: refuseUnreadable(headers),
    // Stopping is announced and paced by the drain, which knows what is in flight.
    return503OnClosing: false,
    pluginTimeout: plugin_timeout_ms,
  }) as unknown as FastifyInstance
  // Pages of other sites can send plain text without asking; and nothing of ours is.
  app.removeContentTypeParser('text/plain')
  app.setValidatorCompiler(compileValidator as never)
  app.setErrorHandler(handleError)
  app.decorateRequest('caller')
  app.decorateRequest('span', null)
  // Hooks that every request passes take a callback: a promise for each would cost more than they.
  // This one is first, for others answer: CORS does.
  app.addHook('onRequest', (request, reply, done) => {
    addUsual(reply, request.id)
    done()
  })
  await app.register(cookie)
  const origins = settings.CORS_ORIGINS.split(',').map(origin => origin.trim()).filter(Boolean)
  if (origins.length > 0) {
    await app.register(cors, {
      // An OPTIONS that asks for nothing is answered in the same way, not with a text of its own.
      origin: origins, credentials: false, strictPreflight: false, methods: [
        'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'
      ],
      exposedHeaders: ['retry-after', 'x-request-id', 'idempotency-replayed'] })
  }
  if (settings.RATE_LIMITS === 'on') await app.register(
    rateLimit, { global: false, max: 100, addHeadersOnExceeding: noHeaders }
  )
  return app
}

// Only a refusal names its limit; on every answer the headers would be noise.
const noHeaders = {
  'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false
}

/** Answers what no route answers: 405 where another method would be, else 404. */
export function answerUnknownPaths (
  app: FastifyInstance, routes: AnyRoute[]
): (request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  const named = routes.flatMap(({ method, path, aliases = [] }) =>
    [path, ...aliases].map(path => ({ method, path })))
  const patterns = named.map(({ method, path }) => ({
    methods: method === 'GET' ? ['GET', 'HEAD'] : [method],
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`) }))
  const handler = (request: FastifyRequest, reply: FastifyReply) => {
    const path = request.url.split('?')[0]!
    const methods = patterns.flatMap(({ pattern, methods }) => pattern.test(path) ? methods : [])
    // The router takes no parameter of such length; the method itself is one of this address.
    return methods.length > 0 && !methods.includes(request.method)
      ? sendProblem(
        reply, new Problem(methodNotAllowed, undefined, { headers: { allow: methods.join(', ') } })
      )
      : sendProblem(reply, new Problem(notFound))
  }
  app.setNotFoundHandler(handler)
  return handler
}

export interface RouteDependencies {
  ctx: Context, auth: Authenticator, metrics: HttpMetrics, rate_limits: boolean
  /** Whether somebody on this machine asks. */
  isHere: (arrival: Arrival) => boolean
  /** Whether somebody without the role works for anybody here. */
  hasStaff?: ((ctx: Context, user_id: string) => Promise<boolean>) | undefined
}

/** Puts a service's routes on the server, each behind its policy. */
export function addRoutes (
  app: FastifyInstance, routes: BoundRoute<any>[],
  { ctx, auth, metrics, rate_limits, isHere, hasStaff }: RouteDependencies
): void {
  for (const bound of routes) {
    const { route, operation, early } = bound
    if (early) answerEarly(app.server, route.path, counted(early, bound, { ctx, metrics }))
    const tellOfRefusal = createRefusalLog(ctx.log, operation.name)
    const refuseUndeclared = refusalOfUndeclared(route)
    if (route.raw_body || bound.refuse) app.register(async scope => {
      setParsers(scope, ctx, bound)
      add(scope)
    })
    else add(app)

    const traced = {
      service: ctx.service, name: `${route.method} ${route.path}`, kind: 'server' as const,
      attributes: {
        'http.request.method': route.method, 'http.route': route.path,
        'fermata.operation': operation.name,
      },
    }
    function add (scope: FastifyInstance) {
      addAt(scope, route.path, openApiSchema(route, operation.name))
      for (const alias of route.aliases ?? []) {
        addAt(scope, alias, { ...openApiSchema(route, operation.name), hide: true })
      }
    }

    function addAt (scope: FastifyInstance, path: string, schema: FastifySchema) {
      scope.route({
        method: route.method,
        url: path.replace(/\{(\w+)\}/g, ':$1'),
        schema,
        bodyLimit: route.body_limit_bytes ?? default_body_limit_bytes,
        config: {
          contract: route, operation: operation.name, service: ctx.service,
          ...(rate_limits && limitOf(route)) },
        onRequest: (request, _reply, done) => {
          request.span = ctx.tracing.startRequest(traced, request)
          if (route.this_machine_only && !isHere(request)) throw new Problem(notFound)
          const recognized = recognize(request, route, auth,
            hasStaff && (user_id => hasStaff(ctx, user_id)))
          // Fastify waits for a promise that is returned.
          if (recognized) return inTime(recognized)
          done()
        },
        preValidation: refuseUndeclared === null ? undefined : (request, _reply, done) => {
          refuseUndeclared(request)
          done()
        },
        handler: (request, reply) => request.span
          ? ctx.tracing.within(request.span, () => answerInTime(ctx, bound, request, reply))
          : answerInTime(ctx, bound, request, reply),
        onResponse: (request, reply, done) => {
          const { statusCode: status, elapsedTime } = reply
          metrics.observe(ctx.service, operation.name, status, elapsedTime)
          endSpan(request, status)
          if (request.body instanceof Problem) tellOfRefusal()
          else if (ctx.log.isLevelEnabled('info')) {
            ctx.log.info({ request_id: request.id, operation: operation.name,
              method: request.method, status, duration_ms: Math.round(elapsedTime * 10) / 10,
              path: route.path, caller: describe(request.caller) }, 'request')
          }
          done()
        },
      })
    }
  }
}

/** Refusals are answers; only what we could not answer is a failure. */
export function endSpan ({ id, span }: FastifyRequest, status: number): void {
  if (!span) return
  span.set({ 'http.response.status_code': status, 'fermata.request_id': id })
  if (status >= 500) span.fail({ code: status })
  span.end()
}

function counted (
  early: NonNullable<BoundRoute<any>['early']>, { operation }: BoundRoute<any>,
  { ctx, metrics }: Pick<RouteDependencies, 'ctx' | 'metrics'>
): AnswerEarly {
  const count = metrics.early(ctx.service, operation.name)
  return asked => {
    const answer = early(ctx, asked)
    if (answer) count(answer.status)
    return answer
  }
}

/** How bodies are read that are no JSON, or that somebody looks at before they are read. */
function setParsers (
  scope: FastifyInstance, ctx: Context, { route, refuse }: BoundRoute<any>
): void {
  if (refuse) {
    const parse = scope.getDefaultJsonParser('error', 'error')
    const pace = createRefusalPace()
    scope.removeContentTypeParser('application/json')
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
      const refusal = refuse(ctx, body as string)
      // As an error of the parser it would close the connection, and who was refused comes back.
      if (refusal) done(null, refusal)
      else void parse(request, body as string, done)
    })
    scope.addHook('preValidation', ({ body }, reply, done) => {
      if (body instanceof Problem) pace(() => sendRefusal(reply, body))
      else done()
    })
    return
  }
  scope.removeAllContentTypeParsers()
  // Without a body no parser is asked, and the operation would be given nothing to read.
  scope.addHook('preValidation', (request, _reply, done) => {
    request.body ??= isStreamed(route) ? Readable.from([]) : Buffer.alloc(0)
    done()
  })
  if (isStreamed(route)) {
    scope.addContentTypeParser('*', ({ raw }, payload, done) => {
      letTakeItsTime(raw)
      done(null, limited(payload, route))
    })
  } else {
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
  }
}

/**
 * Lets a request in whose sender the route's policy admits; refuses by throwing. Most senders are
 * known at once, and for them no promise is made.
 */
function recognize (
  request: FastifyRequest, route: AnyRoute, auth: Authenticator,
  isStaff?: (user_id: string) => Promise<boolean>
): Promise<void> | undefined {
  const letIn = (caller: Caller): Promise<void> | undefined => {
    // A refused one is known by name, too: the log says whom.
    request.caller = caller
    if (isStaff && route.access === 'operator' && caller.kind === 'user' &&
      !isAdmitted(caller, route.access)) {
      return isStaff(caller.user_id).then(is_staff => {
        request.caller = enter(caller, route, is_staff)
      })
    }
    request.caller = enter(caller, route)
    return undefined
  }
  const caller = authenticate(request, route, auth)
  return caller instanceof Promise ? caller.then(letIn) : letIn(caller)
}

/** Bodies that may be larger reach the operation as a stream, for they need not fit into memory. */
const largest_held_body_bytes = 16 * 1024 * 1024

const isStreamed = (route: AnyRoute) =>
  route.raw_body === true && (route.body_limit_bytes ?? 0) > largest_held_body_bytes

/** Fastify limits only the bodies it reads itself. */
function limited (payload: Readable, route: AnyRoute): Readable {
  let received_bytes = 0
  payload.on('data', (chunk: Buffer) => {
    received_bytes += chunk.length
    if (received_bytes > route.body_limit_bytes!) payload.destroy(new Problem(tooLarge))
  })
  // Listening lets it flow; the operation is who reads.
  return payload.pause()
}

/** The work of an answer that is late goes on, and whatever becomes of it is told to nobody. */
async function answerInTime (
  ctx: Context, bound: BoundRoute<any>, raw: FastifyRequest, reply: FastifyReply
): Promise<FastifyReply> {
  if (bound.route.takes_its_time) return answer(ctx, bound, raw, reply, () => {})
  const hasCome = watchAnswer(late => { if (!reply.sent) sendProblem(reply, late) })
  try {
    return await answer(ctx, bound, raw, reply, hasCome)
  } catch (error) {
    if (!reply.sent) throw error
    ctx.log.warn({ err: error, request_id: raw.id, operation: bound.operation.name },
      'failed after its answer was due')
    return reply
  } finally {
    hasCome()
  }
}

/** @param hasCome called before the answer goes out, which a stream may do for long */
async function answer (
  ctx: Context, { route, operation, idempotency: answeredBy }: BoundRoute<any>,
  raw: FastifyRequest, reply: FastifyReply, hasCome: () => void
): Promise<FastifyReply> {
  const idempotency = readIdempotency(
    route, raw.caller, raw.headers['idempotency-key'], raw.body, raw.params
  )
  const earlier = idempotency && answeredBy !== 'operation' && await findReplay(
    ctx.db, ctx.service, idempotency
  )
  if (reply.sent) return reply
  if (earlier) return reply.code(earlier.status).header(
    'idempotency-replayed', 'true'
  ).send(earlier.body)
  const request: Request<any> = {
    params: raw.params as {}, query: raw.query as {}, body: raw.body, caller: raw.caller,
    id: raw.span?.cause ?? raw.id, ip: raw.ip, headers: raw.headers,
    idempotency, method: raw.method,
  }
  const result = await operation(ctx, request)
  // Too late: the caller has been told so, and nobody reads what this holds.
  if (reply.sent) {
    if (result instanceof Readable) result.destroy()
    return reply
  }
  hasCome()
  const full = isFullReply(result) ? result : undefined
  const status = full?.status ?? Number(Object.keys(route.reply)[0])
  if (full?.headers) {
    reply.headers(full.headers)
    if (!route.same_for_all) reply.header('cache-control', 'no-store')
  }
  if (status === 503) reply.header('retry-after', again_after_s)
  const body = full ? full.body : result
  const media_type = mediaTypeOf(route.reply[status])
  reply.code(status)
  if (status === 204 || body === null) return reply.send()
  if (!media_type) return reply.send(body)
  return reply.type(media_type).send(
    body instanceof Uint8Array ? Buffer.from(body.buffer, body.byteOffset, body.length) : body
  )
}

const isFullReply = (result: unknown): result is Reply<unknown> =>
  typeof result === 'object' && result !== null && isReply in result

/** For logs: which account, never which person. */
function describe (caller: Caller | undefined): string {
  if (caller?.kind === 'user') return caller.user_id
  if (caller?.kind === 'service') return caller.service
  return caller?.kind ?? 'refused'
}
