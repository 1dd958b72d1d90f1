import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A span as a collector keeps it. */
export interface ReceivedSpan {
  service: string
  name: string
  kind: number
  trace_id: string
  span_id: string
  parent_id: string | undefined
  began_ns: bigint
  ended_ns: bigint
  attributes: Record<string, string | number | boolean | undefined>
  links: { trace_id: string, span_id: string }[]
  failed: boolean
}

interface Pair { key: string, value: { [kind: string]: string | number | boolean } }
interface Message {
  resourceSpans: {
    resource: { attributes: Pair[] }
    scopeSpans: { spans: {
      traceId: string, spanId: string, parentSpanId?: string, name: string, kind: number
      startTimeUnixNano: string, endTimeUnixNano: string, attributes: Pair[]
      links: { traceId: string, spanId: string }[], status: { code?: number }
    }[] }[]
  }[]
}

/** Takes traces by OTLP over HTTP, as an OpenTelemetry collector does. */
export interface TraceReceiver {
  url: string
  spans: ReceivedSpan[]
  /** All it was ever sent, as it came. */
  bodies: string[]
  headers: () => Record<string, string | string[] | undefined>
  /** How often it answered anything but 200. */
  refused: () => number
  /** Answers so from now on. */
  answerWith: (status: number) => void
  stop: () => Promise<void>
}

const valuesOf = (pairs: Pair[]) =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]))

function spansOf ({ resourceSpans }: Message): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name'])
    return scopeSpans.flatMap(({ spans }) => spans.map(span => ({
      service, name: span.name, kind: span.kind, trace_id: span.traceId, span_id: span.spanId,
      parent_id: span.parentSpanId, began_ns: BigInt(span.startTimeUnixNano),
      ended_ns: BigInt(span.endTimeUnixNano), attributes: valuesOf(span.attributes),
      links: span.links.map(({ traceId, spanId }) => ({ trace_id: traceId, span_id: spanId })),
      failed: span.status.code === 2,
    })))
  })
}

export async function startTraceReceiver (): Promise<TraceReceiver> {
  const spans: ReceivedSpan[] = []
  const bodies: string[] = []
  let last_headers = {}
  let status = 200
  let refused = 0
  const server = createServer((request, response) => {
    void text(request).then(body => {
      if (request.method !== 'POST' || request.url !== '/v1/traces') status = 404
      last_headers = request.headers
      if (status === 200) {
        bodies.push(body)
        spans.push(...spansOf(JSON.parse(body) as Message))
      } else refused++
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, bodies,
    headers: () => last_headers,
    refused: () => refused,
    answerWith: wanted => { status = wanted },
    stop: () => new Promise(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}
