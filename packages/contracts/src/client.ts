import type { Static, TObject, TSchema } from 'typebox'
import {
  mediaTypeOf, type AnyRoute, type BodyOf, type ParamsOf, type ProblemDefinition, type QueryOf,
  type ReplyOf,
} from './define.ts'

/** A client made straight from the contracts: what a route does not declare does not compile. */

/** RFC 9457, with the extension members of its type. */
export interface ProblemBody {
  type: string
  title: string
  status: number
  detail?: string
  [extension: string]: unknown
}

export interface ClientOptions {
  /** Origin without a trailing slash, e.g. `http://127.0.0.1:8000`; empty for the page's own. */
  base_url: string
  fetch: (url: string, init: RequestInit) => Promise<Response>
  /** Sent with every call. */
  headers?: Record<string, string>
  /** How long a call may take; 30 s unless told. */
  timeout_ms?: number
}

type Part<K extends string, S> = {} extends S ? { [P in K]?: S } : { [P in K]: S }

/** What a call to the route needs; parts without a required field may be left out. */
export type Input<R extends AnyRoute> =
  Part<'params', ParamsOf<R>> & Part<'query', QueryOf<R>> & Part<'body', BodyOf<R>> & {
    headers?: Record<string, string>
    signal?: AbortSignal
  }

/** Raw replies arrive as bytes. */
type ReceivedBody<R extends AnyRoute> =
  Uint8Array | string extends ReplyOf<R> ? Uint8Array : ReplyOf<R>

export type Answer<R extends AnyRoute> =
  | { ok: true, status: number, body: ReceivedBody<R>, headers: Headers }
  | { ok: false, status: number, problem: ProblemBody, headers: Headers }

export type Call = <R extends AnyRoute>(
  route: R, ...input: {} extends Input<R> ? [input?: Input<R>] : [input: Input<R>]
) => Promise<Answer<R>>

interface AnyInput {
  params?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

const default_timeout_ms = 30_000

/** Rejects only when no answer came; every answer, expected or not, is an `Answer`. */
export function createClient (options: ClientOptions): { call: Call } {
  async function call (route: AnyRoute, input: AnyInput = {}): Promise<Answer<AnyRoute>> {
    const address = options.base_url + urlOf(route, input)
    const body = bodyOf(route, input.body)
    const timeout = startTimeout(options.timeout_ms ?? default_timeout_ms)
    try {
      const response = await options.fetch(address, {
        method: route.method,
        headers: { ...options.headers, ...body?.headers, ...input.headers },
        body: body?.bytes,
        signal: input.signal ? AbortSignal.any([input.signal, timeout.signal]) : timeout.signal,
      })
      return await answerOf(route, response)
    } finally {
      timeout.end()
    }
  }
  return { call: call as Call }
}

/**
 * Unlike `AbortSignal.timeout` it can be ended: that one keeps all that listens to it, a request
 * with its whole answer, until the time is over.
 */
function startTimeout (timeout_ms: number) {
  const controller = new AbortController()
  const timer = setTimeout(() => {
    controller.abort(new DOMException(`Aborted by its timeout of ${timeout_ms} ms`, 'TimeoutError'))
  }, timeout_ms)
  return { signal: controller.signal, end: () => { clearTimeout(timer) } }
}

/**
 * Path and query of a call, encoded. Throws TypeError when a path parameter is missing or could
 * leave its place.
 */
export function urlOf (route: AnyRoute, input: Pick<AnyInput, 'params' | 'query'>): string {
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(input.params?.[name] ?? '')
    // Dots survive encoding, and fetch would resolve them to another path.
    if (/^\.{0,2}$/.test(value)) throw new TypeError(`${route.path} needs ${name}`)
    return encodeURIComponent(value)
  })
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(input.query ?? {})) {
    if (value !== undefined) query.append(name, String(value))
  }
  return query.size > 0 ? `${path}?${query.toString()}` : path
}

function bodyOf (route: AnyRoute, body: unknown) {
  if (route.body === undefined || body === undefined) return undefined
  const media_type = mediaTypeOf(route.body as TSchema)
  if (media_type) {
    return { bytes: body as RequestInit['body'], headers: { 'content-type': media_type } }
  }
  return { bytes: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
}

async function answerOf (route: AnyRoute, response: Response): Promise<Answer<AnyRoute>> {
  const { status, headers } = response
  const schema = (route.reply as Record<number, TSchema>)[status]
  if (!schema || isProblem(headers)) return {
    ok: false, status, headers, problem: await problemOf(response),
  }
  if (mediaTypeOf(schema)) return {
    ok: true, status, headers, body: new Uint8Array(await response.arrayBuffer()),
  }
  const text = await response.text()
  return { ok: true, status, headers, body: text === '' ? null : JSON.parse(text) }
}

const isProblem = (headers: Headers) =>
  headers.get('content-type')?.startsWith('application/problem+json') ?? false

/** A proxy in between may answer something that is not a problem; then the status has to say it. */
async function problemOf (response: Response): Promise<ProblemBody> {
  const fallback = {
    type: 'about:blank', title: response.statusText || 'Unexpected answer', status: response.status,
  }
  if (isProblem(response.headers)) {
    return response.json().catch(() => fallback) as Promise<ProblemBody>
  }
  await response.body?.cancel()
  return fallback
}

/** Whether it is that problem; then its extension members are typed. */
export function problemIs<X extends TObject> (
  problem: ProblemBody, definition: ProblemDefinition<X>
): problem is ProblemBody & Static<X> {
  return problem.type === definition.type
}
