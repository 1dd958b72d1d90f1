import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'

/**
 * What clients saw, written outside the system before and after each request and never changed:
 * whatever dies, this is what was promised to them.
 */

export type Line = { at_ms: number } & (
  | { what: 'killed', kind: Kill }
  | { what: 'accepts_again' }
  | { what: 'sent', request: string, seats: number }
  /** An order was acknowledged; `again` when the request had been sent before. */
  | { what: 'acked', request: string, order_id: string, again: boolean }
  | { what: 'lost', request: string }
  | { what: 'refused', request: string, type: string }
  /** The answer to a request about an order that was acknowledged: its state may never go back. */
  | { what: 'paying', order_id: string }
  | { what: 'seen', order_id: string, status: string }
)

/** `power` ends all at once, and with them what the kernel had not written to the disk. */
export type Kill = 'node' | 'postgres' | 'both' | 'power'
type Told<L> = L extends Line ? Omit<L, 'at_ms'> : never
export type Telling = Told<Line>

export interface History { path: string, tell: (line: Telling) => void, close: () => void }

export function openHistory (path: string): History {
  const file = openSync(path, 'a')
  return {
    path,
    tell: line => { writeSync(file, `${JSON.stringify({ at_ms: Math.round(performance.now()), ...line })}\n`) },
    close: () => closeSync(file),
  }
}

export const readHistory = (path: string): Line[] =>
  readFileSync(path, 'utf8').split('\n').filter(line => line !== '')
    .map(line => JSON.parse(line) as Line)
