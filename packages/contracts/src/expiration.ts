import { Type, type Static } from 'typebox'
import { defineEvent, defineRoute } from './define.ts'
import { described, ListQuery, Nullable, Page, Timestamp, Uuid } from './fields.ts'

/** Durable deadlines. */

export const DeadlineKind = Type.Enum(['order_hold', 'event_reminder'])
export type DeadlineKind = Static<typeof DeadlineKind>

export const DeadlineStatus = Type.Enum(['waiting', 'reached', 'dropped'])
export type DeadlineStatus = Static<typeof DeadlineStatus>

export const Deadline = Type.Object({
  kind: DeadlineKind,
  subject_id: Uuid,
  due_at: Timestamp,
  status: DeadlineStatus,
  seconds_left: Type.Integer({ minimum: 0 }),
  reached_at: Nullable(Timestamp),
})
export type Deadline = Static<typeof Deadline>

export const listDeadlines = defineRoute({
  method: 'GET', path: '/api/expiration', access: 'admin',
  summary: 'What is due, soonest first',
  query: ListQuery({
    kind: Type.Optional(described(DeadlineKind, 'Only of this kind')),
    status: Type.Optional(described(DeadlineStatus, 'Only those in this state')),
  }),
  reply: { 200: Page(Deadline) },
  problems: [],
})

export const getDeadline = defineRoute({
  method: 'GET', path: '/api/expiration/{kind}/{subject_id}', access: 'owner',
  summary: 'When a hold ends or a reminder is sent, with the seconds left',
  params: Type.Object({ kind: described(DeadlineKind, 'Of what'), subject_id: Uuid }),
  reply: { 200: Deadline },
  problems: [],
})

/**
 * A hold ended or a reminder is due, told within half a second while the service runs. A thousand
 * each second at most: when very many holds end together, the news spreads over the time that
 * takes.
 */
export const deadlineReached = defineEvent('expiration.deadline_reached.v1', Type.Object({
  kind: DeadlineKind,
  subject_id: Uuid,
  due_at: Timestamp,
  reached_at: Timestamp,
}))
