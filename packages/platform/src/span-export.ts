import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from './log.ts'
import type { Attributes, SpanKind } from './tracing.ts'

/**
 * Sends spans to a collector as OTLP over HTTP with JSON bodies
 * (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). That is all we need of
 * OpenTelemetry's libraries, which would be 28 MB for it.
 */

export interface FinishedSpan {
  service: string
  name: string
  kind: SpanKind
  trace_id: string
  span_id: string
  parent_id: string | null
  /** As `performance.now()` tells. */
  began_ms: number
  ended_ms: number
  attributes: Attributes
  links: { trace_id: string, span_id: string }[]
  failed: boolean
}

export interface SpanExport {
  add (span: FinishedSpan): void
  /** Sends what is left, if the collector takes it within two seconds. */
  stop (): Promise<void>
}

export interface SpanExportOptions {
  /** Of the collector; `/v1/traces` is added. */
  endpoint: string
  /** `name=value` pairs, separated by commas, values encoded as in addresses. */
  headers?: string
  version: string
  log: Log
  send_every_ms?: number
}

const usual_send_every_ms = 2000
const spans_per_message = 512
/** Some 4 MB; what comes beyond it while the collector is slow or away is dropped and counted. */
const max_waiting = 8192
const send_timeout_ms = 10_000
const last_send_ms = 2000
const tell_every_ms = 60_000

/** Moments of `performance.now()` as the wall clock tells now; drifting clocks are followed. */
const wallClock = () => Date.now() - performance.now()

export function createSpanExport (options: SpanExportOptions): SpanExport {
  const { endpoint, version, log, send_every_ms = usual_send_every_ms } = options
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`
  const headers = { ...readHeaders(options.headers ?? ''), 'content-type': 'application/json' }
  let waiting: FinishedSpan[] = []
  let dropped = 0
  let told_at_ms = -Infinity
  let sending: Promise<void> | null = null

  /** @returns false when it should be tried again */
  async function post (spans: FinishedSpan[], timeout_ms: number): Promise<boolean> {
    const body = JSON.stringify(toMessage(spans, version, wallClock()))
    try {
      const answer = await fetch(
        url, { method: 'POST', headers, body, signal: AbortSignal.timeout(timeout_ms) })
      await answer.arrayBuffer()
      if (answer.ok) return true
      tell({ status: answer.status })
      // What a collector refuses for its form it would refuse again.
      if (answer.status < 500 && answer.status !== 429) {
        dropped += spans.length
        return true
      }
    } catch (error) {
      tell({ err: error })
    }
    return false
  }

  function tell (what: object): void {
    if (performance.now() < told_at_ms + tell_every_ms) return
    told_at_ms = performance.now()
    log.warn({ ...what, waiting: waiting.length, dropped }, 'traces could not be sent')
  }

  async function sendAll (timeout_ms: number): Promise<void> {
    while (waiting.length > 0) {
      const spans = waiting.splice(0, spans_per_message)
      if (await post(spans, timeout_ms)) continue
      waiting = [...spans, ...waiting].slice(0, max_waiting)
      return
    }
  }

  const send = (timeout_ms: number) => sending ??= sendAll(timeout_ms).finally(() => {
    sending = null
  })

  const timer = setInterval(() => { void send(send_timeout_ms) }, send_every_ms)
  timer.unref()
  return {
    add (span) {
      if (waiting.length >= max_waiting) dropped++
      else waiting.push(span)
      if (waiting.length === spans_per_message) void send(send_timeout_ms)
    },
    async stop () {
      clearInterval(timer)
      const sendLast = async () => {
        await sending
        await send(last_send_ms)
      }
      await Promise.race([sendLast(), sleep(last_send_ms, undefined, { ref: false })])
    },
  }
}

function readHeaders (text: string): Record<string, string> {
  return Object.fromEntries(text.split(',').filter(Boolean).map(pair => {
    const end = pair.indexOf('=')
    return [pair.slice(0, end).trim().toLowerCase(), decodeURIComponent(pair.slice(end + 1).trim())]
  }))
}

const kinds: Record<SpanKind, number> = { internal: 1, server: 2, client: 3, consumer: 5 }
const failed_status = { code: 2 }

/** @param zero_ms what the wall clock showed when `performance.now()` was 0 */
export function toMessage (spans: FinishedSpan[], version: string, zero_ms: number) {
  const nanos = (ms: number) => `${BigInt(Math.round((zero_ms + ms) * 1000)) * 1000n}`
  return {
    // A service is one in the collector's eyes, whether it runs alone or with the others.
    resourceSpans: [...Map.groupBy(spans, span => span.service)].map(([service, own]) => ({
      resource: { attributes: toAttributes({
        'service.name': service, 'service.namespace': 'fermata', 'service.version': version,
      }) },
      scopeSpans: [{ scope: { name: 'fermata', version }, spans: own.map(span => ({
        traceId: span.trace_id, spanId: span.span_id,
        ...(span.parent_id !== null && { parentSpanId: span.parent_id }),
        name: span.name, kind: kinds[span.kind],
        startTimeUnixNano: nanos(span.began_ms), endTimeUnixNano: nanos(span.ended_ms),
        attributes: toAttributes(span.attributes),
        links: span.links.map(({ trace_id, span_id }) => ({ traceId: trace_id, spanId: span_id })),
        status: span.failed ? failed_status : {},
      })) }],
    })),
  }
}

const toAttributes = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: toValue(value) }))

function toValue (value: Attributes[string]) {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: value } : { doubleValue: value }
}
