import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Log } from './log.ts'
import type { PlatformSettings } from './platform-settings.ts'

/**
 * What caused something: the id of a request and, where that request is traced, `/` and the id of
 * the span in which it was caused. It is kept and handed on as one text wherever a request's id is,
 * in orders, payments and events, so that a trace survives whatever the work waits in. Nothing is
 * added to what is kept while traces are off.
 */
export type Cause = string

/** The bare id, as headers and people know it. */
export function requestIdOf (cause: Cause): string {
  const end = cause.indexOf('/')
  return end === -1 ? cause : cause.slice(0, end)
}

/** The span in which it was caused; null where it is not traced. */
export function spanIdOf (cause: Cause): string | null {
  const end = cause.indexOf('/')
  return end === -1 ? null : cause.slice(end + 1)
}

export const isTraced = (cause: Cause | null | undefined): cause is Cause =>
  typeof cause === 'string' && cause.includes('/')

const hexadecimal = /^[0-9a-f]{32}$/
const nothing = '0'.repeat(32)

/**
 * The trace of a request: its id without dashes, so that whoever knows one knows the other. Ids of
 * another form, which callers may choose, are digested.
 */
export function traceIdOf (request_id: string): string {
  const bare = request_id.replaceAll('-', '').toLowerCase()
  return hexadecimal.test(bare) && bare !== nothing
    ? bare : hash('sha256', request_id, 'hex').slice(0, 32)
}

/**
 * The cause of what is done later and by another request, but for the sake of an earlier one: it
 * joins the earlier one's trace, unless it is in that already.
 */
export const joinTrace = (own: Cause, earlier: Cause | null | undefined): Cause =>
  !isTraced(earlier) || traceIdOf(requestIdOf(own)) === traceIdOf(requestIdOf(earlier))
    ? own : earlier

export type Attributes = Record<string, string | number | boolean>

export interface Span {
  /** What this span causes. */
  cause: Cause
  /** For the header that tells another process (W3C Trace Context). */
  traceparent: string
  set (attributes: Attributes): void
  /** What broke it off; its kind is kept, its words may be about people. */
  fail (error: unknown): void
  end (): void
}

export type SpanKind = 'internal' | 'server' | 'client' | 'consumer'

/** What a span says of itself. Never a person, a secret, a query string or a parameter of SQL. */
export interface Described {
  service: string
  name: string
  kind: SpanKind
  attributes?: Attributes
}

/** Something that waited with others to be dealt with together. */
interface Caused { request_id?: Cause | null }

export interface Tracing {
  /** True when spans are sent somewhere. */
  on: boolean
  /** The id of a request that brings a trace and no id; undefined: it needs a new one. */
  readRequestId (headers: IncomingHttpHeaders): string | undefined
  /** The span of a request, which whoever asks for it ends; null when it is not traced. */
  startRequest (
    described: Described, request: { id: string, headers: IncomingHttpHeaders }
  ): Span | null
  /** Work that belongs to a span, or to none. */
  within<T> (span: Span | null, work: () => T): T
  /** A span under its cause, or else under the span that is at work; `span` is null for none. */
  span<T> (
    described: Described, work: (span: Span | null) => Promise<T>, cause?: Cause
  ): Promise<T>
  /** The beginning of a trace: what nobody asked for, such as a job. */
  root<T> (described: Described, work: () => Promise<T>): Promise<T>
  /**
   * Work for many causes at once: a span in the trace of each that is traced, and where there are
   * several one for the whole, which they link to. `work` is given items whose causes are these
   * spans.
   */
  batch<I extends Caused, T> (
    described: Described & { of?: (item: I) => Attributes },
    items: I[], work: (items: I[]) => Promise<T>
  ): Promise<T>
  /** Sends what is left, if the collector takes it within two seconds. */
  stop (): Promise<void>
}

/** Nobody looks: work is only done. */
export const no_tracing: Tracing = {
  on: false,
  readRequestId: () => undefined,
  startRequest: () => null,
  within: (_span, work) => work(),
  span: (_described, work) => work(null),
  root: (_described, work) => work(),
  batch: (_described, items, work) => work(items),
  stop: () => Promise.resolve(),
}

/** Traces when the settings say where to; what that takes is not even loaded otherwise. */
export async function createTracing (
  settings: PlatformSettings, version: string, log: Log
): Promise<Tracing> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = settings
  if (endpoint === undefined) return no_tracing
  const [{ startTracing }, { createSpanExport }] = await Promise.all([
    import('./spans.ts'), import('./span-export.ts'),
  ])
  const { OTEL_EXPORTER_OTLP_HEADERS: headers, OTEL_TRACES_SAMPLER_ARG: ratio } = settings
  return startTracing(createSpanExport({ endpoint, headers, log }), ratio, version)
}
