import { join } from 'node:path'
import { pino, stdSerializers, type LogFn, type Logger, type StreamEntry } from 'pino'
import { isDatabaseAway } from './database.ts'
import { createLogFile, createStdoutLog } from './log-output.ts'

export type Log = Logger

export interface LogOptions {
  level: string
  /** Level of what goes to stdout as well; the folder gets everything from `level` on. */
  stdout_level?: string
  /** One file for each service is kept here when set. */
  folder?: string
  /** A file that has grown so large is begun anew; its predecessor is kept. 100 by default. */
  file_mb?: number
}

const censored = '[redacted]'
/**
 * Fields that may carry secrets or personal data, wherever they stand; operations log ids, never
 * people or bodies.
 */
const secretName = new RegExp([
  'pass(word|phrase)', 'token', 'secret', 'authorization', 'cookie', 'api_?key', 'signature',
  '^(body|email|buyer|phone|iban|card)', '(email|(person|buyer|holder|display|full)_name)$',
].join('|'), 'i')
/** What PostgreSQL adds to an error quotes the rows it is about. */
const quotesRows = new Set(['detail', 'where', 'internalQuery', 'parameters'])
/**
 * Emails, our tokens, those of links, and passwords in addresses, wherever somebody else's words
 * carry them.
 */
const secretText = new RegExp([
  // Without bounds a long line would be read again from each of its letters.
  /[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63}){1,9}/, /eyJ[\w-]{1,999}\.[\w-]{1,4999}\.[\w-]{0,999}/,
  /\bf[oq]_[\w-]{20,}/,
  /(?<=[?&](?:token|code|challenge)=)[^\s&"#\\]+/,
  /(?<=:\/\/[^\s:/@"]*:)[^\s@/"]+(?=@)/,
].map(one => one.source).join('|'), 'g')
const max_depth = 6
const warning_level = 40

/**
 * A log for one service: JSON lines on stdout, and in `<folder>/<service>.log` when a folder is
 * given.
 */
export function createLog (service: string, options: LogOptions): Log {
  const { level, stdout_level = level, folder, file_mb = 100 } = options
  const streams: StreamEntry[] = [
    { level: stdout_level as never, stream: createStdoutLog(service) }
  ]
  if (folder) {
    const file = createLogFile(join(folder, `${service}.log`), service, file_mb * 1_000_000)
    streams.push({ level: level as never, stream: file })
  }
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    // Errors are told below already; pino's own serializer would tell them again as plain objects.
    serializers: { err: (error: unknown) => error },
    formatters: { log: fields => censor(fields, 0) as Record<string, unknown> },
    hooks: { streamWrite: line => line.replace(secretText, censored), logMethod: tellSometimes },
  }, pino.multistream(streams))
}

/**
 * While a database is away everything that needs it says so, hundreds of times a second: this
 * process writes one line a second about it, with the number of those that it left out.
 */
const tell_every_ms = 1000
const away = { told_at_ms: -Infinity, left_out: 0, is_counting: false }

/** Said of the database, or by somebody who asked a service that could not ask its own. */
const isAboutAway = (error: unknown) => isDatabaseAway(error) ||
  (error as { definition?: { status?: number } } | undefined)?.definition?.status === 503

function tellSometimes (
  this: Logger, parameters: Parameters<LogFn>, method: LogFn, level: number
): void {
  const [fields, ...rest] = parameters as [{ err?: unknown }, ...unknown[]]
  if (level < warning_level || !isAboutAway(fields?.err)) return method.apply(this, parameters)
  const now_ms = performance.now()
  if (now_ms < away.told_at_ms + tell_every_ms) {
    away.left_out++
    if (!away.is_counting) tellRest(this)
    return
  }
  const { left_out } = away
  Object.assign(away, { told_at_ms: now_ms, left_out: 0 })
  method.apply(this, [{ ...fields, left_out }, ...rest] as Parameters<LogFn>)
}

/** The last ones are counted too, where no further line follows that would. */
function tellRest (log: Logger): void {
  away.is_counting = true
  setTimeout(() => {
    away.is_counting = false
    const { left_out, told_at_ms } = away
    if (left_out === 0) return
    if (performance.now() < told_at_ms + tell_every_ms) return tellRest(log)
    Object.assign(away, { told_at_ms: performance.now(), left_out: 0 })
    log.warn({ left_out }, 'more lines said that a database is away')
  }, tell_every_ms).unref()
}

/**
 * A copy without secrets. Paths would miss what stands one level deeper than somebody thought of.
 */
function censor (value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth > max_depth) return '[deeper]'
  if (value instanceof Error) return censorError(value, depth)
  if (Array.isArray(value)) return value.map(one => censor(one, depth + 1))
  if (
    'toJSON' in value && typeof value.toJSON === 'function'
  ) return censor(value.toJSON(), depth + 1)
  return Object.fromEntries(Object.entries(value).map(([name, one]) =>
    [name, secretName.test(name) && one !== null ? censored : censor(one, depth + 1)]))
}

/** A problem, or what Fastify refuses by itself. */
function isRefusal (error: Error): boolean {
  const { definition, statusCode } = error as Error &
    { definition?: { status?: number }, statusCode?: number }
  return (definition?.status ?? statusCode ?? 500) < 500
}

function censorError (error: Error, depth: number): unknown {
  const { raw, ...fields } = stdSerializers.err(error)
  // Where a refusal was thrown tells nothing, and whoever is refused could fill the disk with it.
  const is_refusal = isRefusal(error)
  const told = Object.entries(fields).filter(([name]) =>
    !quotesRows.has(name) && !(is_refusal && name === 'stack'))
  return censor(Object.fromEntries(told), depth + 1)
}
