import { Type, type Static } from 'typebox'
import { defineEvent, defineProblem, defineRoute, Empty } from './define.ts'
import { Email, IdParams, ListQuery, Nullable, Page, Timestamp, Uuid } from './fields.ts'

/** The people of an organiser: who manages its events, who works at its doors. */

export const MemberRole = Type.Enum(['owner', 'door'], {
  description:
    '`owner` manages all that the organiser has; `door` looks tickets up, checks, admits, voids ' +
    'and mails them again',
})
export type MemberRole = 'owner' | 'door'

export const Member = Type.Object({
  id: Uuid,
  name: Nullable(Type.String({
    description: 'Of who made the organiser; whoever is added stands here by their address alone',
  })),
  email: Nullable(Type.String({ description: 'The address they were added by' })),
  role: MemberRole,
  event_id: Type.Unsafe<string | null>({
    ...Nullable(Uuid), description: 'The one event they work at; null for all of the organiser',
  }),
  is_you: Type.Boolean(),
  added_at: Timestamp,
})
export type Member = Static<typeof Member>

export const NewMember = Type.Object({
  email: Email,
  role: Type.Optional(Type.Unsafe<MemberRole>({ ...MemberRole, default: 'door' })),
  event_id: Type.Optional(Nullable(Uuid)),
})
export type NewMember = Static<typeof NewMember>

export const MemberChanges = Type.Object({
  role: Type.Optional(MemberRole),
  event_id: Type.Optional(Nullable(Uuid)),
})
export type MemberChanges = Static<typeof MemberChanges>

const Count = Type.Integer({ minimum: 0 })

export const alreadyMember = defineProblem(
  'events/already-member', 409, 'This person is a member already',
)
export const tooManyMembers = defineProblem(
  'events/too-many-members', 409, 'The organiser has as many members as it may have',
  Type.Object({ limit: Count }),
)
export const lastOwner = defineProblem(
  'events/last-owner', 409, 'An organiser keeps at least one owner',
)

export const listMembers = defineRoute({
  method: 'GET', path: '/api/organizers/{id}/members', access: 'organizer',
  summary: 'Members of an organiser of yours',
  params: IdParams,
  query: ListQuery({}),
  reply: { 200: Page(Member) },
  problems: [],
})

export const addMember = defineRoute({
  method: 'POST', path: '/api/organizers/{id}/members', access: 'organizer', idempotent: true,
  step_up: true,
  summary: 'Let another person work for an organiser of yours',
  description:
    'The answer is the same whether or not somebody has an account with this address. Who proved ' +
    'it may begin at once; who proves it later begins then. Owners also need the role ' +
    '`event_creator`; the door needs none.',
  params: IdParams,
  body: NewMember,
  reply: { 201: Member },
  problems: [alreadyMember, tooManyMembers],
  rate_limit: { max: 60, per_seconds: 60, by: 'account' },
})

const MemberParams = Type.Object({ id: Uuid, member_id: Uuid })

export const updateMember = defineRoute({
  method: 'PATCH', path: '/api/organizers/{id}/members/{member_id}', access: 'organizer', step_up: true,
  summary: 'Change what a member may do',
  params: MemberParams,
  body: MemberChanges,
  reply: { 200: Member },
  problems: [alreadyMember, lastOwner],
})

export const removeMember = defineRoute({
  method: 'DELETE', path: '/api/organizers/{id}/members/{member_id}', access: 'organizer',
  summary: 'Take a member\'s rights away, at once',
  params: MemberParams,
  reply: { 204: Empty },
  problems: [lastOwner],
})

/** Who works for an organiser, as other services keep it. Who has no account yet is left out. */
export const OrganizerMembers = Type.Object({
  organizer_id: Uuid,
  version: Type.Integer({
    minimum: 1, description: 'Grows with every change; an older one is ignored',
  }),
  members: Type.Array(Type.Object({
    user_id: Uuid, role: MemberRole, event_id: Nullable(Uuid),
  })),
})
export type OrganizerMembers = Static<typeof OrganizerMembers>

export const getOrganizerMembers = defineRoute({
  method: 'GET', path: '/internal/events/organizers/{id}/members', access: 'internal',
  callers: ['orders'],
  summary: 'Who works for an organiser',
  params: IdParams,
  reply: { 200: OrganizerMembers },
  problems: [],
})

/**
 * Somebody works for an organiser, differently or no more; also told of a new organiser, so that
 * every service knows how many there are.
 */
export const organizerMembersChanged = defineEvent(
  'events.organizer_members_changed.v1', OrganizerMembers,
)

/** A member has another role or place, or was removed (both null); of use after a restore. */
export const memberChanged = defineEvent('events.member_changed.v1', Type.Object({
  organizer_id: Uuid, member_id: Uuid, role: Nullable(MemberRole), event_id: Nullable(Uuid),
  changed_at: Timestamp,
}))
