import { Type, type Static } from 'typebox'
import { defineEvent, defineProblem, defineRoute } from './define.ts'
import { described, IdParams, ListQuery, Nullable, Page, Role, Timestamp, Uuid } from './fields.ts'
import { memberChanged } from './members.ts'
import { MadeSince, RestoreNote } from './platform.ts'
import { serviceNames } from './services.ts'

/** Copies of every service's data, each proven by restoring it. */

const Count = Type.Integer({ minimum: 0 })
const Service = Type.Enum(serviceNames)

export const BackupStatus = Type.Enum(['pending', 'in_progress', 'completed', 'failed'])
export type BackupStatus = Static<typeof BackupStatus>

/** One service's part of a backup. */
export const BackupPart = Type.Object({
  service: Service,
  status: BackupStatus,
  rows: Count,
  bytes: Count,
  sha256: Nullable(Type.String({ pattern: '^[0-9a-f]{64}$' })),
  error: Nullable(Type.String()),
})
export type BackupPart = Static<typeof BackupPart>

/** What the last restore of a backup did, for whoever asked for it. */
export const RestoreReport = Type.Object({
  services: Type.Array(Service),
  rows: Count,
  notes: Type.Array(RestoreNote),
  ended: Type.Object({
    accounts: Count, addresses: Count, orders: Count, tickets: Count,
    rights: described(Count, 'Accounts whose roles were set'),
    members: described(Count, 'Members of organisers who were removed or changed'),
    passwords: described(Count, 'Accounts whose password was changed'),
  }, { description: 'What had ended since the copy, and ends again' }),
  reconciliation_id: Type.Unsafe<string>({
    ...Uuid, description: 'The comparison of all services that followed' }),
})
export type RestoreReport = Static<typeof RestoreReport>

export const Backup = Type.Object({
  id: Uuid,
  status: BackupStatus,
  trigger: Type.Enum(['schedule', 'request']),
  parts: Type.Array(BackupPart),
  bytes: Count,
  error: Nullable(Type.String()),
  created_at: Timestamp,
  taken_at: Nullable(Timestamp),
  completed_at: Nullable(Timestamp),
  verified_at: Nullable(Timestamp),
  restored_at: Nullable(Timestamp),
  restore_report: Nullable(RestoreReport),
  elsewhere: Nullable(Type.String({
    description: 'The store away from this machine in which it is as well' })),
})
export type Backup = Static<typeof Backup>

const SomeServices = Type.Array(Service, {
  minItems: 1, maxItems: serviceNames.length, uniqueItems: true, description: 'Default: all',
})

export const notCompleted = defineProblem(
  'backups/not-completed', 409, 'This backup is not complete',
  Type.Object({ backup_status: BackupStatus }),
)
export const underWay = defineProblem(
  'backups/under-way', 409, 'Another backup or restore is under way',
)
export const damaged = defineProblem(
  'backups/damaged', 409, 'The copy is not what was written',
  Type.Object({ services: Type.Array(Service) }),
)

export const notElsewhere = defineProblem(
  'backups/not-elsewhere', 409, 'The copy is whole, but on this machine alone',
)

export const halfRestored = defineProblem(
  'backups/half-restored', 409, 'The restore stopped in the middle, and has to be done again',
  Type.Object({ services: Type.Array(Service) }),
)

export const listBackups = defineRoute({
  method: 'GET', path: '/api/backups', access: 'admin',
  summary: 'Backups, newest first',
  query: ListQuery({ status: Type.Optional(described(BackupStatus, 'Only those in this state')) }),
  reply: { 200: Page(Backup) },
  problems: [],
})

export const createBackup = defineRoute({
  method: 'POST', path: '/api/backups', access: 'admin', idempotent: true,
  summary: 'Start a backup now, of all services or of those named',
  body: Type.Object({ services: Type.Optional(SomeServices) }),
  reply: { 201: Backup },
  problems: [underWay],
})

export const getBackup = defineRoute({
  method: 'GET', path: '/api/backups/{id}', access: 'admin',
  summary: 'One backup',
  params: IdParams,
  reply: { 200: Backup },
  problems: [],
})

export const verifyBackup = defineRoute({
  method: 'POST', path: '/api/backups/{id}/verify', access: 'admin', takes_its_time: true,
  summary: 'Restore a backup into scratch tables and compare',
  params: IdParams,
  reply: { 200: Backup },
  problems: [notCompleted, damaged, notElsewhere, underWay],
})

export const restoreBackup = defineRoute({
  method: 'POST', path: '/api/backups/{id}/restore', access: 'admin', step_up: true,
  takes_its_time: true,
  summary: 'Put the data of a backup back',
  description: 'Replaces what the services hold now. One that stops in the middle is written down: '
    + 'no process starts on what is half there before it was done again.',
  params: IdParams,
  body: Type.Object({ services: Type.Optional(SomeServices) }),
  reply: { 200: Backup },
  problems: [notCompleted, damaged, underWay, halfRestored],
})

export const getLosses = defineRoute({
  method: 'GET', path: '/api/backups/{id}/losses', access: 'admin',
  summary: 'What was made since a backup, and would be lost by restoring it',
  params: IdParams,
  reply: { 200: Type.Object({
    since: Timestamp,
    made: Type.Array(MadeSince),
    unanswered: Type.Array(Service, { description: 'Of these it is not known' }),
  }) },
  problems: [],
})

const Ids = Type.Array(Uuid, { maxItems: 500 })

/** What an account was allowed last. */
export const RolesSet = Type.Object({
  user_id: Uuid, roles: Type.Array(Role), changed_at: Timestamp,
})
const PasswordSet = Type.Object({ user_id: Uuid, changed_at: Timestamp })

/** Copies came back, and with them what had ended since they were made: it ends again. */
export const copiesRestored = defineEvent('backups.copies_restored.v1', Type.Object({
  backup_id: Uuid, taken_at: Timestamp, restored_at: Timestamp,
  account_ids: Ids, order_ids: Ids, ticket_ids: Ids,
  address_digests: Type.Array(Type.String({ pattern: '^[0-9a-f]{64}$' }), { maxItems: 500,
    description: 'SHA-256 of addresses whose owners wanted nothing kept about them' }),
  roles: Type.Optional(Type.Array(RolesSet, { maxItems: 500 })),
  members: Type.Optional(Type.Array(memberChanged.data, { maxItems: 500 })),
  passwords: Type.Optional(Type.Array(PasswordSet, { maxItems: 500 })),
}))

/**
 * Money is kept or tickets are valid for an order that a restore took away, or that did not
 * complete: payments gives the money back, tickets makes the tickets void. `npm run restore` and
 * `npm run verify -- --repair give-up` tell it.
 */
export const orderGivenUp = defineEvent('backups.order_given_up.v1', Type.Object({
  order_id: Uuid, given_up_at: Timestamp, reason: Type.Enum(['lost']),
}))

/** A backup failed, or has not reached the bucket yet; administrators are told. */
export const backupFailed = defineEvent('backups.backup_failed.v1', Type.Object({
  backup_id: Uuid, services: Type.Array(Service), error: Type.String(), failed_at: Timestamp,
}))
