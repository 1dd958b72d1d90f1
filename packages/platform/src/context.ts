import type { EventDefinition } from '@fermata/contracts/define'
import type { ServiceName } from '@fermata/contracts/services'
import type pg from 'pg'
import { createCall, createCallStream, type Transport } from './call.ts'
import { createDatabase, type Tx } from './database.ts'
import { once } from './idempotency.ts'
import { insertJob } from './jobs.ts'
import type { Log } from './log.ts'
import { insertOutbox } from './message-queries.ts'
import type { HttpMetrics } from './metrics.ts'
import type { PlatformSettings } from './platform-settings.ts'
import type { Relay } from './relay.ts'
import type { Context, Request } from './service.ts'
import type { Tokens } from './tokens.ts'
import type { Tracing } from './tracing.ts'

export interface ContextOptions {
  service: ServiceName
  pool: pg.Pool
  log: Log
  settings: PlatformSettings
  tokens: Tokens
  metrics: HttpMetrics
  version: string
  tracing: Tracing
  transportTo: (service: ServiceName) => Transport
}

/** A service's context, and the hook by which its relay is attached once it runs. */
export function createContext (options: ContextOptions): {
  ctx: Context, attachRelay: (relay: Relay) => void
} {
  const { service, pool, log, settings, tokens, metrics, version, tracing, transportTo } = options
  const db = createDatabase(pool)
  const waiting = new WeakMap<Tx, Set<() => void>>()
  let relay: Relay | undefined
  const wakeRelay = () => relay?.wake()
  const traced = {
    service, name: 'transaction', kind: 'client' as const,
    attributes: { 'db.system.name': 'postgresql', 'db.namespace': service },
  }
  const caller = { from: service, tokens, transportTo, tracing }

  async function transaction<T> (work: (tx: Tx) => Promise<T>): Promise<T> {
    let due: Set<() => void> | undefined
    const result = await tracing.span(traced, () => db.transaction().execute(async tx => {
      const value = await work(tx)
      due = waiting.get(tx)
      return value
    }))
    for (const wake of due ?? []) wake()
    return result
  }

  const afterCommit = (tx: Tx, wake: () => void) => {
    const others = waiting.get(tx)
    if (others) others.add(wake)
    else waiting.set(tx, new Set([wake]))
  }

  const ctx: Context = {
    service, db, pool, log, settings, tokens, metrics, version, tracing, resources: {},
    transaction, afterCommit, wakeRelay,
    write: <B>(request: Request, work: (tx: Tx) => Promise<B>) => transaction(tx =>
      request.idempotency ? once(tx, service, request.idempotency, () => work(tx)) : work(tx)),
    async publish (
      tx: Tx, event: EventDefinition, data: unknown[], request_id?: string | (string | null)[]
    ) {
      if (data.length === 0) return
      const requestOf = (index: number) =>
        (Array.isArray(request_id) ? request_id[index] : request_id) ?? null
      await insertOutbox(tx, service, event.type, data.map((one, index) =>
        ({ data: one, request_id: requestOf(index) })))
      afterCommit(tx, wakeRelay)
    },
    async addJob (tx, name, payload, jobOptions = {}) {
      await insertJob(tx, service, name, payload, jobOptions)
    },
    call: createCall(caller) as Context['call'],
    callStream: createCallStream(caller) as Context['callStream'],
  }
  return { ctx, attachRelay: attached => { relay = attached } }
}
