import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import {
  mediaTypeOf, type AnyRoute, type BodyOf, type ParamsOf, type ProblemDefinition, type QueryOf,
} from '@fermata/contracts/define'
import { unavailable } from '@fermata/contracts/problems'
import { services, type ServiceName } from '@fermata/contracts/services'
import type { FastifyInstance } from 'fastify'
import { uuidv7 } from './ids.ts'
import { Problem, type ProblemBody } from './problem.ts'
import type { Tokens } from './tokens.ts'
import { requestIdOf, type Span, type Tracing } from './tracing.ts'

type Field<K extends string, T> =
  [unknown] extends [T] ? {} : {} extends T ? { [P in K]?: T } : { [P in K]: T }

/** The parts of a request that a route declares. */
export type CallInput<R extends AnyRoute> =
  Field<'params', ParamsOf<R>> & Field<'query', QueryOf<R>> & Field<'body', BodyOf<R>>
  & { request_id?: string }

interface HttpAnswer { status: number, bytes: Uint8Array }
interface HttpRequest<B> {
  method: string
  path: string
  headers: Record<string, string>
  body?: B
  /** Sent twice it does what it does once, so an answer that got lost may be asked for again. */
  repeatable?: boolean
}

/** Sends one request to a service, wherever it runs. */
export interface Transport {
  send: (request: HttpRequest<string>) => Promise<HttpAnswer>
  /** For bodies too large to hold, of request or answer; takes as long as it takes. */
  stream: (request: HttpRequest<Readable>) => Promise<{ status: number, stream: Readable }>
}

/** The service that answers a path. */
export function serviceOf (path: string): ServiceName {
  const internal = /^\/internal\/([a-z]+)/.exec(path)?.[1]
  if (internal) return internal as ServiceName
  const owners = Object.entries(services).flatMap(([name, { prefixes }]) =>
    prefixes.filter(prefix => path === prefix || path.startsWith(`${prefix}/`))
      .map(prefix => ({ name, length: prefix.length })))
  const owner = owners.sort((a, b) => b.length - a.length)[0]
  if (!owner) throw new Error(`No service answers ${path}`)
  return owner.name as ServiceName
}

/** Who calls, and by what. */
export interface Calling {
  from: ServiceName
  tokens: Tokens
  transportTo: (service: ServiceName) => Transport
  tracing: Tracing
}

/** Asks in a span of its own, where what asks is traced. */
function traced<T> (
  { from, tracing }: Calling, { method, path }: AnyRoute, { request_id }: { request_id?: string },
  ask: (span: Span | null) => Promise<T>
): Promise<T> {
  return tracing.span({
    service: from, name: `${method} ${path}`, kind: 'client',
    attributes: { 'http.request.method': method, 'url.template': path },
  }, ask, request_id)
}

export function createCall (calling: Calling) {
  const { transportTo } = calling
  return (route: AnyRoute, input: CallInput<AnyRoute>) =>
    traced(calling, route, input, async (span): Promise<unknown> => {
      const { body } = input as { body?: unknown }
      const to = serviceOf(route.path)
      const { method, path, headers } = await address(route, input, calling, span)
      if (body !== undefined) headers['content-type'] = 'application/json'
      if (route.idempotent) headers['idempotency-key'] = uuidv7()
      const request = {
        method, path, headers, body: body === undefined ? undefined : JSON.stringify(body),
        repeatable: isRepeatable(route),
      }
      const answer = await answered(() => transportTo(to).send(request), to)
      span?.set({ 'http.response.status_code': answer.status })
      return read(route, answer)
    })
}

/** By its method, by its key or because it only asks. */
const isRepeatable = ({ method, idempotent, only_asks }: AnyRoute) =>
  (method !== 'POST' && method !== 'PATCH') || idempotent === true || only_asks === true

/** A call whose body or answer is a stream. */
export function createCallStream (calling: Calling) {
  const { transportTo } = calling
  return (route: AnyRoute, input: CallInput<AnyRoute>, body?: Readable) =>
    traced(calling, route, input, async (span): Promise<Readable> => {
      const to = serviceOf(route.path)
      const { method, path, headers } = await address(route, input, calling, span)
      if (body) headers['content-type'] = mediaTypeOf(route.body) ?? 'application/octet-stream'
      const { status, stream } = await answered(
        () => transportTo(to).stream({ method, path, headers, body }), to
      )
      span?.set({ 'http.response.status_code': status })
      if (status < 200 || status >= 300) throw failure(route, status, await text(stream))
      return stream
    })
}

async function address (
  route: AnyRoute, input: CallInput<AnyRoute>, { from, tokens }: Calling, span: Span | null
) {
  const { params = {}, query = {}, request_id = span?.cause } = input as {
    params?: Record<string, unknown>, query?: Record<string, unknown>, request_id?: string }
  const headers: Record<string, string> = {}
  // What is public is asked as anybody would; a service's token opens only what is internal.
  if (route.access === 'internal') {
    headers.authorization = `Bearer ${await tokens.signInternal(from, serviceOf(route.path))}`
  }
  if (request_id) headers['x-request-id'] = requestIdOf(request_id)
  if (span) headers.traceparent = span.traceparent
  const path = route.path.replace(
    /\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name]))
  )
  const search = new URLSearchParams(Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)] as [string, string]])).toString()
  return { method: route.method, path: search ? `${path}?${search}` : path, headers }
}

async function answered<A> (ask: () => Promise<A>, to: ServiceName): Promise<A> {
  try {
    return await ask()
  } catch (error) {
    throw Object.assign(
      new Problem(
        unavailable, `The ${to} service did not answer.`, { headers: { 'retry-after': '2' } }
      ),
      { cause: error })
  }
}

function read (route: AnyRoute, answer: HttpAnswer): unknown {
  const content = () => Buffer.from(answer.bytes).toString()
  if (answer.status >= 200 && answer.status < 300) {
    const schema = route.reply[answer.status]
    // A file: as it came, for text would break a PDF.
    if (schema && mediaTypeOf(schema)) return answer.bytes
    return answer.bytes.length === 0 ? null : JSON.parse(content())
  }
  throw failure(route, answer.status, content())
}

/** What an answer that is no success means to the caller. */
function failure (route: AnyRoute, answer_status: number, content: string): Problem {
  const body = parseProblem(content)
  if (!body || answer_status >= 500 || answer_status === 401) {
    return new Problem(
      unavailable, `${route.method} ${route.path} answered ${answer_status}.`,
      { headers: { 'retry-after': '2' } }
    )
  }
  const { type, title, status, detail, ...extensions } = body
  const definition: ProblemDefinition = route.problems.find(
    known => known.type === type
  ) ?? { type, title, status }
  return new Problem(definition, detail, { extensions })
}

function parseProblem (text: string): ProblemBody | null {
  try {
    const body = JSON.parse(text) as ProblemBody
    return typeof body.type === 'string' ? body : null
  } catch {
    return null
  }
}

/** Through the router of this process. */
export const localTransport = (app: FastifyInstance): Transport => ({
  async send ({ method, path, headers, body }) {
    const answer = await app.inject({ method: method as 'GET', url: path, headers, payload: body })
    return { status: answer.statusCode, bytes: answer.rawPayload }
  },
  async stream ({ method, path, headers, body }) {
    const answer = await app.inject(
      { method: method as 'GET', url: path, headers, payload: body, payloadAsStream: true }
    )
    const stream = answer.stream()
    // A reader who leaves hangs up, as a closed connection would: the sender must not wait for them
    // for ever.
    stream.once('close', () => { if (!stream.readableEnded) answer.raw.res.destroy() })
    return { status: answer.statusCode, stream }
  },
})
