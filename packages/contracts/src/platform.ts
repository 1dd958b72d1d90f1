import { Type, type Static } from 'typebox'
import { defineProblem, defineRoute, Empty, raw } from './define.ts'
import { Email, ListQuery, Nullable, Page, Timestamp, Uuid } from './fields.ts'
import { serviceNames, type ServiceName } from './services.ts'

/** What the platform answers for every service. */

export const Health = Type.Object({
  status: Type.Literal('ok'), service: Type.String(), version: Type.String(),
})
export type Health = Static<typeof Health>

export const Readiness = Type.Object({
  ready: Type.Boolean(),
  service: Type.String(),
  checks: Type.Object({
    database: Type.Boolean(), bus: Type.Boolean(), migrations: Type.Boolean(),
  }),
})
export type Readiness = Static<typeof Readiness>

/** An event whose handler kept failing. */
export const DeadLetter = Type.Object({
  id: Uuid,
  event_id: Uuid,
  event_type: Type.String(),
  handler: Type.String(),
  data: Type.Unknown(),
  attempts: Type.Integer({ minimum: 1 }),
  error: Type.String(),
  request_id: Nullable(Type.String()),
  added_at: Timestamp,
  retried_at: Nullable(Timestamp),
})
export type DeadLetter = Static<typeof DeadLetter>

/** Something a restore did besides putting rows back. */
export const RestoreNote = Type.Object({
  what: Type.Enum(['events_due', 'logins_ended', 'mails_held_back']),
  count: Type.Integer({ minimum: 0 }),
  ids: Type.Array(Type.String(), { description: 'The first ten' }),
})
export type RestoreNote = Static<typeof RestoreNote>

export const ImportResult = Type.Object({
  notes: Type.Array(RestoreNote),
  tables: Type.Array(Type.Object({
    name: Type.String(), rows: Type.Integer({ minimum: 0 }), sha256: Type.String(),
  })),
})
export type ImportResult = Static<typeof ImportResult>

/** What services make that people miss when a restore takes it away. */
export const MadeSince = Type.Object({
  what: Type.Enum(['accounts', 'orders', 'payments', 'tickets']),
  count: Type.Integer({ minimum: 0 }),
  people: Type.Array(Type.Object({ name: Type.String(), address: Type.String() }), {
    maxItems: 20, description: 'Whose they are; the first twenty' }),
})
export type MadeSince = Static<typeof MadeSince>

export const importMismatch = defineProblem(
  'platform/import-mismatch', 409, 'The copy does not fit these tables',
  Type.Object({ table: Type.String() }),
)

/** A few words in every language of the pages. */
export const Words = Type.Object({ en: Type.String(), fr: Type.String() })
export type Words = Static<typeof Words>

/** What one table keeps about somebody. */
export const PersonalRecords = Type.Object({
  table: Type.String(),
  what: Words,
  kept: Nullable(Words),
  columns: Type.Array(Type.Object({ column: Type.String(), what: Words })),
  rows: Type.Array(Type.Record(Type.String(), Type.Unknown())),
  is_more: Type.Boolean({ description: 'Whether there is more than one answer holds' }),
})
export type PersonalRecords = Static<typeof PersonalRecords>

const Ndjson = raw('application/x-ndjson')
/** A stadium with its orders and tickets fits; a stream that never ends does not. */
const import_limit_bytes = 8 * 1024 ** 3

export const healthRoute = (name: ServiceName) => defineRoute({
  method: 'GET', path: `/api/${name}/health`, access: 'public',
  summary: 'Whether the service runs',
  reply: { 200: Health },
  problems: [],
})

export const readyRoute = (name: ServiceName) => defineRoute({
  method: 'GET', path: `/api/${name}/health/ready`, access: 'public',
  summary: 'Whether the service can serve: database, bus, migrations',
  reply: { 200: Readiness, 503: Readiness },
  problems: [],
})

export const holdTaken = defineProblem(
  'platform/hold-taken', 409, 'Somebody else holds the service still; ask again in a moment')

/** The first line of a service that holds still. */
export const Held = Type.Object({
  held: Type.Literal(true),
  database: Type.String({ description: 'Tells whether services share a database' }),
  snapshot: Nullable(Type.String()),
})
export type Held = Static<typeof Held>

export const holdStillRoute = (name: ServiceName) => defineRoute({
  method: 'POST', path: `/internal/${name}/hold-still`, access: 'internal',
  callers: ['backups'],
  summary: 'Hold something while the answer is read, for two seconds at most',
  description: 'Effects: those of events are not committed; sales go on, and what arrives waits, '
    + 'so that copies of several services agree. A snapshot: exports can be made of it.',
  query: Type.Object({ what: Type.Enum(['effects', 'snapshot']) }),
  reply: { 200: Ndjson },
  problems: [holdTaken],
})

export const snapshotGone = defineProblem('platform/snapshot-gone', 409,
  'Nobody holds that snapshot of this database any more; begin the copy again')

export const exportRoute = (name: ServiceName) => defineRoute({
  method: 'GET', path: `/internal/${name}/export`, access: 'internal',
  callers: ['backups'],
  summary: 'Every table of the service as one stream from one snapshot',
  query: Type.Object({ snapshot: Type.Optional(Type.String({ pattern: '^[0-9A-F-]{1,64}$',
    description: 'Of the same database, which is held: exports of it see one moment' })) }),
  reply: { 200: Ndjson },
  problems: [snapshotGone],
})

export const importRoute = (name: ServiceName) => defineRoute({
  method: 'POST', path: `/internal/${name}/import`, access: 'internal',
  callers: ['backups'],
  summary: 'Put an export back, into the tables or into a scratch schema that is then dropped',
  description:
    'The body is what export answered. The reply names rows and digest of each table, to ' +
    'compare.',
  query: Type.Object({
    target: Type.Enum(['live', 'scratch']),
    // Of the restore that was begun: its mark has to be there, and tells of the change.
    backup_id: Type.Optional(Uuid),
  }),
  body: Ndjson,
  raw_body: true,
  takes_its_time: true,
  body_limit_bytes: import_limit_bytes,
  reply: { 200: ImportResult },
  problems: [importMismatch],
})

export const restoreMarkRoute = (name: ServiceName) => defineRoute({
  method: 'POST', path: `/internal/${name}/restore-mark`, access: 'internal',
  callers: ['backups'],
  summary: 'Write down that a restore of the service began, is done, or changed nothing',
  description: 'What began and is not done lets no process of it start: half of it would be there.',
  body: Type.Object({
    backup_id: Uuid,
    services: Type.Array(Type.Enum(serviceNames), {
      maxItems: serviceNames.length, description: 'All of the restore',
    }),
    what: Type.Enum(['begun', 'done', 'untouched']),
  }),
  reply: { 204: Empty },
  problems: [],
})

export const madeSinceRoute = (name: ServiceName) => defineRoute({
  method: 'POST', path: `/internal/${name}/made-since`, access: 'internal',
  callers: ['backups'], only_asks: true,
  summary: 'What the service has made since a moment, which a restore of that moment loses',
  body: Type.Object({ since: Timestamp }),
  reply: { 200: Type.Object({ made: Type.Array(MadeSince, { maxItems: 1 }) }) },
  problems: [],
})

export const personalDataRoute = (name: ServiceName) => defineRoute({
  method: 'POST', path: `/internal/${name}/personal-data`, access: 'internal',
  callers: ['users'], only_asks: true,
  summary: 'All that the service keeps about an account, and about an address',
  body: Type.Object({ user_id: Nullable(Uuid), address: Nullable(Email) }),
  reply: { 200: Type.Object({ records: Type.Array(PersonalRecords) }) },
  problems: [],
})

export const listDeadLettersRoute = (name: ServiceName) => defineRoute({
  method: 'GET', path: `/api/${name}/dead-letters`, access: 'admin',
  summary: 'Events that the service could not handle',
  query: ListQuery({}),
  reply: { 200: Page(DeadLetter) },
  problems: [],
})

export const retryDeadLetterRoute = (name: ServiceName) => defineRoute({
  method: 'POST', path: `/api/${name}/dead-letters/{id}/retry`, access: 'admin',
  summary: 'Handle an event once more',
  params: Type.Object({ id: Uuid }),
  reply: { 202: DeadLetter },
  problems: [],
})
