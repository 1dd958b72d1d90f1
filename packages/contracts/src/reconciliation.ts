import { Type, type Static } from 'typebox'
import { defineRoute } from './define.ts'
import { ListQuery, Nullable, Page, Timestamp, Uuid } from './fields.ts'
import { services, serviceNames, type ServiceName } from './services.ts'

/**
 * What services hold, compared. Each states its own tables line by line; nobody reads another's.
 */

/** Lines of one statement; a longer list is read in several. */
export const max_lines = 1000
/** Ids that one question names; they fit into a body of the usual size. */
export const max_ids = 500

/** A list that one service states, e.g. `orders.pools`. */
export const ListName = Type.String({ pattern: '^[a-z]+\\.[a-z_]+$', maxLength: 60 })

/** What a service holds of one thing. */
export const StatementLine = Type.Object({
  id: Uuid,
  since: Nullable(Timestamp),
  figures: Type.Record(
    Type.String(), Type.Union([Type.Integer(), Type.String(), Type.Boolean(), Type.Null()])),
})
export type StatementLine = Static<typeof StatementLine>

export const StatementQuestion = Type.Object({
  list: ListName,
  after: Nullable(Uuid),
  ids: Nullable(Type.Array(Uuid, { minItems: 1, maxItems: max_ids })),
})
export type StatementQuestion = Static<typeof StatementQuestion>

export const StatementAnswer = Type.Object({
  now: Timestamp,
  lines: Type.Array(StatementLine),
  is_last: Type.Boolean({ description: 'False: ask again, after the id of the last line' }),
})
export type StatementAnswer = Static<typeof StatementAnswer>

export const statementRoute = (name: ServiceName) => defineRoute({
  method: 'POST', path: `/internal/${name}/statement`, access: 'internal',
  callers: ['backups'], only_asks: true,
  summary: 'What the service holds, in the order of ids, from one snapshot',
  body: StatementQuestion,
  reply: { 200: StatementAnswer },
  problems: [],
})

/** An event that another service has sent. */
export const SentEvent = Type.Object({
  id: Uuid, type: Type.String(),
  data: Type.String({ description: 'JSON: a handler may be concerned with some of its events only' }),
})
export type SentEvent = Static<typeof SentEvent>

export const MissingEffect = Type.Object({ event_id: Uuid, handler: Type.String() })
export type MissingEffect = Static<typeof MissingEffect>

export const missingEffectsRoute = (name: ServiceName) => defineRoute({
  method: 'POST', path: `/internal/${name}/missing-effects`, access: 'internal',
  callers: ['backups'], only_asks: true,
  summary: 'Which of these events have had no effect here, and are no dead letters either',
  body: Type.Object({ events: Type.Array(SentEvent, { maxItems: max_ids }) }),
  body_limit_bytes: 8 * 1024 * 1024,
  reply: { 200: Type.Object({ missing: Type.Array(MissingEffect) }) },
  problems: [],
})

/** Everything that can be found not to agree. `docs/operate/verify.md` says what each means. */
export const mismatchKinds = [
  'pool_oversold', 'pool_miscounted', 'promo_code_miscounted', 'hold_past_end',
  'order_total_differs', 'order_without_payment', 'order_without_tickets', 'order_without_mail',
  'payment_without_order', 'payment_twice', 'payment_amount_differs', 'payment_undecided',
  'payment_not_posted', 'provider_disagrees', 'ledger_unbalanced',
  'ticket_without_order', 'ticket_doubled', 'ticket_admitted_twice', 'admission_miscounted',
  'deadline_overdue', 'mail_overdue', 'event_waiting', 'event_without_effect', 'dead_letter',
] as const
export const MismatchKind = Type.Enum(mismatchKinds)
export type MismatchKind = typeof mismatchKinds[number]

export const Mismatched = Type.Object({
  service: Type.Enum(serviceNames),
  id: Uuid,
  detail: Type.String({ description: 'The figures that do not agree' }),
  since: Nullable(Timestamp),
})
export type Mismatched = Static<typeof Mismatched>

const Count = Type.Integer({ minimum: 0 })

export const Mismatch = Type.Object({
  kind: MismatchKind,
  count: Count,
  first: Type.Array(Mismatched, { description: 'Ten at most' }),
})
export type Mismatch = Static<typeof Mismatch>

/** What a comparison of everything came to. */
export const Reconciliation = Type.Object({
  checked: Type.Array(Type.Object({
    list: ListName, lines: Count,
    is_all: Type.Boolean({ description: 'False: there were more than one look reads' }),
  })),
  mismatches: Type.Array(Mismatch),
  in_flight: Type.Integer({
    minimum: 0, description: 'Looked wrong, and was put right by itself or is too young to tell',
  }),
  unanswered: Type.Array(Type.Object({ service: Type.Enum(serviceNames), reason: Type.String() }), {
    description: 'Services that could not be asked: nothing is known of what they hold',
  }),
})
export type Reconciliation = Static<typeof Reconciliation>

/** The service a list belongs to. */
export const serviceOfList = (list: string) => {
  const name = list.slice(0, list.indexOf('.'))
  if (!(name in services)) throw new Error(`No service states ${list}`)
  return name as ServiceName
}

export const ReconciliationRun = Type.Object({
  id: Uuid,
  trigger: Type.Enum(['schedule', 'request']),
  status: Type.Enum(['in_progress', 'completed', 'failed']),
  began_at: Timestamp,
  ended_at: Nullable(Timestamp),
  error: Nullable(Type.String()),
  mismatch_count: Nullable(Count),
  result: Nullable(Reconciliation),
})
export type ReconciliationRun = Static<typeof ReconciliationRun>

export const listReconciliations = defineRoute({
  method: 'GET', path: '/api/backups/reconciliations', access: 'admin',
  summary: 'Comparisons of what the services hold, newest first',
  query: ListQuery({}),
  reply: { 200: Page(ReconciliationRun) },
  problems: [],
})

export const startReconciliation = defineRoute({
  method: 'POST', path: '/api/backups/reconciliations', access: 'admin', idempotent: true,
  summary: 'Compare what the services hold, now',
  description: 'Changes nothing. It runs in the background; the list tells what it came to.',
  reply: { 202: ReconciliationRun },
  problems: [],
})
