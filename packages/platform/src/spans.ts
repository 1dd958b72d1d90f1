import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type SpanContext, type Tracer,
} from '@opentelemetry/api'
import { parseTraceParent } from '@opentelemetry/core'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOnSampler, RandomIdGenerator, SamplingDecision, TraceIdRatioBasedSampler,
  TracerProvider, type SpanProcessor,
} from '@opentelemetry/sdk-trace'
import { uuidv7 } from './ids.ts'
import {
  isTraced, requestIdOf, spanIdOf, traceIdOf, type Attributes, type Cause, type Described,
  type Span, type Tracing,
} from './tracing.ts'

/** Of a batch, and the library's limit; those beyond it find the batch by their own links. */
const max_links = 128
const last_send_ms = 2000

const kinds = {
  internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT,
  consumer: SpanKind.CONSUMER,
}

/** A span while it is under way. */
interface OpenSpan extends Span { context: SpanContext, link (to: SpanContext): void }

function readTraceparent (headers: IncomingHttpHeaders): SpanContext | null {
  const given = headers.traceparent
  return typeof given === 'string' ? parseTraceParent(given) : null
}

/** An id of a request whose trace is this one, in the form of those we make. */
const requestIdFor = (trace_id: string) =>
  trace_id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

const contextOf = (cause: Cause): SpanContext => ({
  traceId: traceIdOf(requestIdOf(cause)), spanId: spanIdOf(cause)!, traceFlags: TraceFlags.SAMPLED,
})

/**
 * Makes spans with OpenTelemetry's library and hands them on when they end. A trace has the number
 * of its request, and who causes what goes with the work itself, through queues and databases; so
 * the library is told of parents instead of looking for them.
 * @param ratio how many of the traces that begin here are kept, 0 to 1. Processes decide by the
 * trace's id, so that all of the same ratio decide alike; what was kept before stays.
 */
export function startTracing (out: SpanProcessor, ratio: number, version: string): Tracing {
  const at_work = new AsyncLocalStorage<OpenSpan | null>()
  const sampler = new TraceIdRatioBasedSampler(ratio)
  const isKept = (trace_id: string) =>
    sampler.shouldSample(ROOT_CONTEXT, trace_id).decision === SamplingDecision.RECORD_AND_SAMPLED
  const random = new RandomIdGenerator()
  // The library asks for it while it starts a span without a parent.
  let next_trace_id = ''
  const idGenerator = {
    generateTraceId: () => next_trace_id, generateSpanId: () => random.generateSpanId(),
  }
  const tracers = new Map<string, Tracer>()

  /** What is not kept never gets here. A service is one in the collector's eyes, whether it runs alone or with the others. */
  function tracerOf (service: string): Tracer {
    let tracer = tracers.get(service)
    if (!tracer) {
      tracer = new TracerProvider({
        idGenerator, spanProcessors: [out], sampler: new AlwaysOnSampler(),
        resource: resourceFromAttributes({
          'service.name': service, 'service.namespace': 'fermata', 'service.version': version,
        }),
      }).getTracer('fermata', version)
      tracers.set(service, tracer)
    }
    return tracer
  }

  function open (
    { service, name, kind, attributes }: Described, request_id: string, parent: SpanContext | null
  ): OpenSpan {
    if (!parent) next_trace_id = traceIdOf(request_id)
    const span = tracerOf(service).startSpan(name, { kind: kinds[kind], attributes },
      parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT)
    const context = span.spanContext()
    return {
      context, cause: `${request_id}/${context.spanId}`,
      traceparent: `00-${context.traceId}-${context.spanId}-01`,
      set: more => { span.setAttributes(more) },
      link: to => { span.addLink({ context: to }) },
      fail (error) {
        // Not `recordException`, which would tell the words.
        span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', kindOf(error))
      },
      end: () => { span.end() },
    }
  }

  async function run<T> (span: OpenSpan, work: () => Promise<T>): Promise<T> {
    try {
      return await at_work.run(span, work)
    } catch (error) {
      span.fail(error)
      throw error
    } finally {
      span.end()
    }
  }

  /** Links both ways: from the batch one finds its traces, from a trace its batch. */
  async function runTogether<T> (
    described: Described, spans: OpenSpan[], work: () => Promise<T>
  ): Promise<T> {
    const whole = open(described, uuidv7(), null)
    for (const span of spans) span.link(whole.context)
    for (const span of spans.slice(0, max_links)) whole.link(span.context)
    let error: unknown
    try {
      return await run(whole, work)
    } catch (caught) {
      error = caught
      throw caught
    } finally {
      for (const span of spans) {
        if (error !== undefined) span.fail(error)
        span.end()
      }
    }
  }

  return {
    on: true,
    readRequestId (headers) {
      const parent = readTraceparent(headers)
      return parent ? requestIdFor(parent.traceId) : undefined
    },
    startRequest (described, { id, headers }) {
      const given = readTraceparent(headers)
      const trace_id = traceIdOf(id)
      const parent = given?.traceId === trace_id ? given : null
      // A parent that was not kept decides nothing: services further on never hear of it, and
      // would decide by the id.
      const is_kept_before = ((parent?.traceFlags ?? 0) & TraceFlags.SAMPLED) !== 0
      if (!is_kept_before && !isKept(trace_id)) return null
      const span = open(described, id, parent)
      // Who brings a trace beside an id of their own, e.g. a browser through the front door.
      if (given && !parent) span.link(given)
      return span
    },
    within: (span, work) => at_work.run(span as OpenSpan | null, work),
    span (described, work, cause) {
      const parent = cause ?? at_work.getStore()?.cause
      if (!isTraced(parent)) return work(null)
      const span = open(described, requestIdOf(parent), contextOf(parent))
      return run(span, () => work(span))
    },
    root (described, work) {
      const request_id = uuidv7()
      if (!isKept(traceIdOf(request_id))) return at_work.run(null, work)
      return run(open(described, request_id, null), work)
    },
    batch (described, items, work) {
      const { of } = described
      const spans: OpenSpan[] = []
      const traced = items.map(item => {
        if (!isTraced(item.request_id)) return item
        const span = open(
          { ...described, attributes: { ...described.attributes, ...of?.(item) } },
          requestIdOf(item.request_id), contextOf(item.request_id))
        spans.push(span)
        return { ...item, request_id: span.cause }
      })
      // Whoever happened to begin the batch is not who it is for.
      if (spans.length === 0) return at_work.run(null, () => work(items))
      if (items.length === 1) return run(spans[0]!, () => work(traced))
      const attributes: Attributes = { ...described.attributes, 'fermata.batch_size': items.length }
      return runTogether({ ...described, name: `${described.name} (batch)`, attributes }, spans,
        () => work(traced))
    },
    async stop () {
      const sent = out.shutdown().catch(() => {})
      await Promise.race([sent, sleep(last_send_ms, undefined, { ref: false })])
    },
  }
}

/** `23505`, `ECONNREFUSED`, `orders/sold-out`, `TypeError`: never the words. */
function kindOf (error: unknown): string {
  const { code, definition, name } = error as {
    code?: unknown, definition?: { type?: unknown }, name?: unknown }
  return String(definition?.type ?? code ?? name ?? typeof error)
}
