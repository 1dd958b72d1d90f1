import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { uuidv7 } from './ids.ts'
import type { FinishedSpan, SpanExport } from './span-export.ts'
import {
  isTraced, requestIdOf, spanIdOf, traceIdOf, type Attributes, type Cause, type Described,
  type Span, type Tracing,
} from './tracing.ts'

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparent_pattern = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/
/** Of a batch; those beyond it find the batch by their own links. */
const max_links = 128

/** A span while it is under way. */
interface OpenSpan extends Span { request_id: string, link (to: LinkTarget): void }
interface LinkTarget { trace_id: string, span_id: string }
interface Parent extends LinkTarget { is_sampled: boolean }

const newSpanId = () => randomBytes(8).toString('hex')

function readTraceparent (headers: IncomingHttpHeaders): Parent | null {
  const given = headers.traceparent
  const match = typeof given === 'string' ? traceparent_pattern.exec(given) : null
  if (!match || /^0+$/.test(match[1]!) || /^0+$/.test(match[2]!)) return null
  const is_sampled = (parseInt(match[3]!, 16) & 1) === 1
  return { trace_id: match[1]!, span_id: match[2]!, is_sampled }
}

/** An id of a request whose trace is this one, in the form of those we make. */
const requestIdFor = (trace_id: string) =>
  trace_id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

const targetOf = (cause: Cause): LinkTarget =>
  ({ trace_id: traceIdOf(requestIdOf(cause)), span_id: spanIdOf(cause)! })

/**
 * Makes spans and hands them on when they end.
 * @param ratio how many of the traces that begin here are kept, 0 to 1. Processes decide by the
 * trace's id, so that all of the same ratio decide alike; what was kept before stays.
 */
export function startTracing (out: SpanExport, ratio: number): Tracing {
  const at_work = new AsyncLocalStorage<OpenSpan | null>()
  const isKept = (trace_id: string) => parseInt(trace_id.slice(-8), 16) < ratio * 2 ** 32

  function open (
    { service, name, kind, attributes }: Described, request_id: string, parent_id: string | null
  ): OpenSpan {
    const trace_id = traceIdOf(request_id)
    const span_id = newSpanId()
    const began_ms = performance.now()
    const span: FinishedSpan = {
      service, name, kind, trace_id, span_id, parent_id, began_ms, ended_ms: began_ms,
      attributes: { ...attributes }, links: [], failed: false,
    }
    return {
      request_id, cause: `${request_id}/${span_id}`,
      traceparent: `00-${trace_id}-${span_id}-01`,
      set: more => { Object.assign(span.attributes, more) },
      link: to => { if (span.links.length < max_links) span.links.push(to) },
      fail (error) {
        span.failed = true
        span.attributes['error.type'] = kindOf(error)
      },
      end () {
        span.ended_ms = performance.now()
        out.add(span)
      },
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
    for (const span of spans) {
      span.link(targetOf(whole.cause))
      whole.link(targetOf(span.cause))
    }
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
      return parent ? requestIdFor(parent.trace_id) : undefined
    },
    startRequest (described, { id, headers }) {
      const given = readTraceparent(headers)
      const trace_id = traceIdOf(id)
      const parent = given?.trace_id === trace_id ? given : null
      if (!parent?.is_sampled && !isKept(trace_id)) return null
      const span = open(described, id, parent?.span_id ?? null)
      // Who brings a trace beside an id of their own, e.g. a browser through the front door.
      if (given && !parent) span.link(given)
      return span
    },
    within: (span, work) => at_work.run(span as OpenSpan | null, work),
    span (described, work, cause) {
      const parent = cause ?? at_work.getStore()?.cause
      if (!isTraced(parent)) return work(null)
      const span = open(described, requestIdOf(parent), spanIdOf(parent))
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
          requestIdOf(item.request_id), spanIdOf(item.request_id))
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
    stop: () => out.stop(),
  }
}

/** `23505`, `ECONNREFUSED`, `orders/sold-out`, `TypeError`: never the words. */
function kindOf (error: unknown): string {
  const { code, definition, name } = error as {
    code?: unknown, definition?: { type?: unknown }, name?: unknown }
  return String(definition?.type ?? code ?? name ?? typeof error)
}
