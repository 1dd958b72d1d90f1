import { eventHandlers } from '@fermata/contracts/event-handlers'
import { invalid } from '@fermata/contracts/problems'
import {
  max_lines, missingEffectsRoute, statementRoute, type MissingEffect, type SentEvent,
  type StatementAnswer, type StatementLine, type StatementQuestion,
} from '@fermata/contracts/reconciliation'
import type { ServiceName } from '@fermata/contracts/services'
import type { Db } from './database.ts'
import type { Subscription } from './messages.ts'
import { Problem } from './problem.ts'
import { route, type BoundRoute, type Context, type Operation } from './service.ts'
import { sql } from './sql.ts'
import {
  findHandled, listDeadLetterLines, listSentLines, listUnsentLines, type Lines,
} from './statement-queries.ts'

/** What one service states of its own tables, for whoever compares it with the others'. */

export interface Statement {
  /** Fewer than the usual where a line costs much: no statement may take long. */
  limit?: number
  /** In the order of ids; one statement, so one moment. */
  read: (db: Db, lines: Lines) => Promise<StatementLine[]>
}

/** The lists of a service, by name. */
export type Statements = Readonly<Record<string, Statement>>

/** They carry what happened, which may be much. */
const events_at_once = 200

/** Of every service: what it sent, what waits to be sent, and what it gave up. */
const messageStatements = (service: ServiceName): Statements => ({
  unsent: { read: (db, lines) => listUnsentLines(db, service, lines) },
  sent: { read: (db, lines) => listSentLines(db, service, lines), limit: events_at_once },
  dead_letters: { read: (db, lines) => listDeadLetterLines(db, service, lines) },
})

/** What is asked of a service, in whatever process it is asked. */
export interface Stating {
  name: ServiceName
  statements?: Statements | undefined
  subscriptions?: readonly Subscription<any>[] | undefined
}

/**
 * Answers from one snapshot that nobody can write in.
 * @throws Problem `request/invalid` for a list that the service does not state
 */
export async function state (
  db: Db, { name, statements = {} }: Stating, { list, after, ids }: StatementQuestion
): Promise<StatementAnswer> {
  const own = list.startsWith(`${name}.`) ? list.slice(name.length + 1) : ''
  const all = { ...messageStatements(name), ...statements }
  const statement = Object.hasOwn(all, own) ? all[own] : undefined
  if (!statement) throw new Problem(invalid, undefined, {
    extensions: { errors: [{ field: 'list', message: 'is none that this service states' }] } })
  const limit = ids ? ids.length : statement.limit ?? max_lines
  return readOnly(db, async tx => {
    const lines = await statement.read(tx, { after, ids, limit })
    const clock = await sql<{ now: string }>`select now() as now`.first(tx)
    return { now: clock!.now, lines, is_last: lines.length < limit }
  })
}

const readOnly = <T>(db: Db, work: (tx: Db) => Promise<T>) =>
  db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work)

/**
 * Which of these events no handler here has had: neither an effect nor a dead letter tells of them.
 */
export async function findMissingEffects (
  db: Db, { name, subscriptions = [] }: Stating, events: readonly SentEvent[]
): Promise<MissingEffect[]> {
  const owed = subscriptions.flatMap(({ event, name: handler, concerns }) =>
    events.filter(({ type, data }) => type === event.type && (concerns?.(JSON.parse(data)) ?? true))
      .map(({ id }) => ({ event_id: id, handler })))
  if (owed.length === 0) return []
  const handled = await readOnly(db, tx => findHandled(tx, name, owed))
  return owed.filter(one => !handled.has(`${one.event_id} ${one.handler}`))
}

/** The services that handle an event. */
export const consumersOf = (type: string): ServiceName[] => [...new Set(
  (eventHandlers[type] ?? []).map(handler => handler.slice(0, handler.indexOf('.')) as ServiceName))]

export function statementRoutes (stating: Stating): BoundRoute<Context>[] {
  const stated = statementRoute(stating.name)
  const getStatement: Operation<typeof stated, Context> = (ctx, { body }) =>
    state(ctx.db, stating, body)
  const missing = missingEffectsRoute(stating.name)
  const getMissingEffects: Operation<typeof missing, Context> = async (ctx, { body }) =>
    ({ missing: await findMissingEffects(ctx.db, stating, body.events) })
  return [route(stated, getStatement), route(missing, getMissingEffects)]
}
