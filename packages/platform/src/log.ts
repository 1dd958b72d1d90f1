import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pino, type Logger, type StreamEntry } from 'pino'

export type Log = Logger

export interface LogOptions {
  level: string
  /** Level of what goes to stdout as well; the folder gets everything from `level` on. */
  stdout_level?: string
  /** One file for each service is kept here when set. */
  folder?: string
}

/**
 * Fields that may carry secrets or personal data. They are cut out wherever they stand at the first levels of a log
 * line; operations log ids, never people.
 */
const redacted = ['password', 'token', 'access_token', 'refresh_token', 'authorization', 'cookie', 'email', 'buyer']

/** A log for one service: JSON lines on stdout, and in `<folder>/<service>.log` when a folder is given. */
export function createLog (service: string, options: LogOptions): Log {
  const streams: StreamEntry[] = [{ level: (options.stdout_level ?? options.level) as never, stream: process.stdout }]
  if (options.folder) {
    mkdirSync(options.folder, { recursive: true })
    const file = pino.destination({ dest: join(options.folder, `${service}.log`), sync: false, mkdir: true })
    streams.push({ level: options.level as never, stream: file })
  }
  return pino({
    level: options.level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: redacted.flatMap(key => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
  }, pino.multistream(streams))
}
