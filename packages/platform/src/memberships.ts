import type { DataOf } from '@fermata/contracts/define'
import type { organizerMembersChanged, OrganizerMembers } from '@fermata/contracts/events'
import type { ServiceName } from '@fermata/contracts/services'
import { hasRole, type Caller } from './caller.ts'
import type { Db, Tx } from './database.ts'
import type { EventOf } from './messages.ts'
import { sql, type Fragment } from './sql.ts'

/**
 * Who works for whom. The events service decides it; others keep a copy in two tables of their own
 * (`organizers`: id, version; `members`: organizer_id, user_id, role, event_id) and follow the news.
 */

/** `manage`: all that the organiser has. `door`: look up, check, admit, void, mail again. */
export type Work = 'manage' | 'door'

/** What the work is at: expressions, so that a list is limited in the statement that reads it. */
export interface Place { organizer_id: Fragment<unknown>, event_id: Fragment<unknown> }

/**
 * A condition that holds where the caller may do this work. Managing takes the role `event_creator`
 * besides, by which an installation says who may sell there at all; the door takes a membership
 * alone, or the role `operator` in an installation with one single organiser.
 */
export function mayDo (
  schema: ServiceName, caller: Caller, work: Work, place: Place
): Fragment<boolean> {
  if (hasRole(caller, 'admin')) return sql<boolean>`true`
  if (caller.kind !== 'user') return sql<boolean>`false`
  if (work === 'manage' && !hasRole(caller, 'event_creator')) return sql<boolean>`false`
  const role = work === 'manage' ? sql`m.role = 'owner'` : sql`true`
  const member = sql<boolean>`exists (select from ${table(schema, 'members')} as m
    where m.organizer_id = ${place.organizer_id} and m.user_id = ${caller.user_id} and ${role}
      and (m.event_id is null or m.event_id = ${place.event_id}))`
  if (work === 'manage' || !hasRole(caller, 'operator')) return member
  return sql<boolean>`(${member} or ${place.organizer_id} = ${soleOrganizer(schema)})`
}

/** Null where there are several: from then on, each says who works for it. */
const soleOrganizer = (schema: ServiceName) => sql`(
  select case when count(*) = 1 then (array_agg(id))[1] end
    from (select id from ${table(schema, 'organizers')} limit 2) as known)`

const table = (schema: ServiceName, name: string) => sql.ref(`${schema}.${name}`)

/** Whether the caller may do this work at one event. */
export async function isTheirWork (
  db: Db, schema: ServiceName, caller: Caller, work: Work,
  event: { id: string, organizer_id: string }
): Promise<boolean> {
  const place = { organizer_id: sql`${event.organizer_id}::uuid`, event_id: sql`${event.id}::uuid` }
  const rows = await sql<{ yes: boolean }>`
    select ${mayDo(schema, caller, work, place)} as yes`.rows(db)
  return rows[0]!.yes
}

/** Whether a person works for anybody here, and so may call what staff call. */
export async function worksForSomebody (
  db: Db, schema: ServiceName, user_id: string
): Promise<boolean> {
  const rows = await sql`
    select from ${table(schema, 'members')} where user_id = ${user_id} limit 1`.rows(db)
  return rows.length > 0
}

/** Keeps who works for these organisers; older news than what is known change nothing. */
export async function storeMembers (
  tx: Tx, schema: ServiceName, organizers: OrganizerMembers[]
): Promise<void> {
  const newest = new Map<string, OrganizerMembers>()
  for (const one of organizers) {
    const known = newest.get(one.organizer_id)?.version ?? 0
    if (one.version > known) newest.set(one.organizer_id, one)
  }
  const told = [...newest.values()]
  // In the order of their ids, so that two batches queue instead of deadlocking.
  const rows = await sql<{ id: string }>`
    insert into ${table(schema, 'organizers')} as o (id, version)
    select * from ${sql.rows(told, { organizer_id: 'uuid', version: 'integer' })} as t order by 1
    on conflict (id) do update set version = excluded.version where o.version < excluded.version
    returning id`.rows(tx)
  const ids = rows.map(row => row.id)
  if (ids.length === 0) return
  await sql`delete from ${table(schema, 'members')}
    where organizer_id = any(${ids}::uuid[])`.run(tx)
  const members = ids.flatMap(organizer_id =>
    newest.get(organizer_id)!.members.map(member => ({ organizer_id, ...member })))
  await sql`
    insert into ${table(schema, 'members')} (organizer_id, user_id, role, event_id)
    select * from ${sql.rows(members, {
      organizer_id: 'uuid', user_id: 'uuid', role: 'text', event_id: 'uuid',
    })} as m
    on conflict do nothing`.run(tx)
}

/** Who works for whom is followed. The handler of the service that keeps it in this schema. */
export const followMembers = (schema: ServiceName) => async function keepMembers (
  _ctx: unknown, tx: Tx, events: EventOf<typeof organizerMembersChanged>[]
): Promise<void> {
  await storeMembers(tx, schema,
    events.map(({ data }): DataOf<typeof organizerMembersChanged> => data))
}
