import { diag, DiagLogLevel } from '@opentelemetry/api'
import { parseKeyPairsIntoRecord } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Log } from './log.ts'

export interface SpanExportOptions {
  /** Of the collector; `/v1/traces` is added. */
  endpoint: string
  /** `name=value` pairs, separated by commas, values encoded as in addresses. */
  headers?: string
  log: Log
}

const send_every_ms = 2000
/** What comes beyond it while the collector is slow or away is dropped. */
const max_waiting = 8192
/** The usual 512 fell behind in a rush, for a message leaves when the one before has arrived. */
const spans_per_message = 2048
/** Room for four tries, a second and more apart, before a message is given up. */
const send_timeout_ms = 10_000
const tell_every_ms = 60_000

/** Sends spans to a collector as OTLP over HTTP with JSON bodies, many at once. */
export function createSpanExport (options: SpanExportOptions): SpanProcessor {
  const { endpoint, headers = '', log } = options
  const tell = tellSometimes(log)
  // Both read the environment for what they are not told.
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/{1,9}$/, '')}/v1/traces`, headers: parseKeyPairsIntoRecord(headers),
    timeoutMillis: send_timeout_ms,
  })
  // What the library has to say besides, above all how many it dropped because too many waited.
  diag.setLogger({
    error () {}, warn: message => { tell({ reason: message }) }, info () {}, debug () {},
    verbose () {},
  }, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  return new BatchSpanProcessor({
    exporter: tellOfFailures(exporter, tell), maxQueueSize: max_waiting,
    maxExportBatchSize: spans_per_message, scheduledDelayMillis: send_every_ms,
    exportTimeoutMillis: 2 * send_timeout_ms,
  })
}

type Tell = (what: object) => void

function tellSometimes (log: Log): Tell {
  let told_at_ms = -Infinity
  return what => {
    if (performance.now() < told_at_ms + tell_every_ms) return
    told_at_ms = performance.now()
    log.warn(what, 'traces are incomplete')
  }
}

/** The processor gives the reason to a handler of the whole process, and says not how many. */
function tellOfFailures (exporter: SpanExporter, tell: Tell): SpanExporter {
  let lost = 0
  return {
    export (spans, done) {
      exporter.export(spans, result => {
        if (result.error) {
          lost += spans.length
          tell({ err: result.error, lost })
        }
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
  }
}
