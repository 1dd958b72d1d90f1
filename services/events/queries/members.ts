import type { MemberRole, OrganizerMembers } from '@fermata/contracts/events'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'

export interface MemberRow {
  id: string, organizer_id: string, user_id: string | null, name: string | null,
  email: string | null, role: MemberRole, event_id: string | null, added_at: string
}

const columns = sql.raw('id, organizer_id, user_id, name, email, role, event_id, added_at')

const members = sql.raw(`(
  select coalesce(json_agg(json_build_object(
           'user_id', m.user_id, 'role', m.role, 'event_id', m.event_id) order by m.id), '[]')
    from events.members as m where m.organizer_id = o.id and m.user_id is not null) as members`)

/** Locked, so that changes of an organiser's people take turns: limits and last owners hold. */
export const countMembersLocked = async (tx: Tx, organizer_id: string) => {
  await sql`select from events.organizers where id = ${organizer_id} for update`.run(tx)
  const rows = await sql<{ members: number }>`
    select count(*) as members from events.members where organizer_id = ${organizer_id}`.rows(tx)
  return rows[0]!.members
}

export type NewMemberRow = Omit<MemberRow, 'added_at'>

/** Undefined when the person, or the address, is a member of that place already. */
export const insertMember = (tx: Tx, row: NewMemberRow) => sql<MemberRow>`
  insert into events.members (id, organizer_id, user_id, name, email, role, event_id)
  values (${row.id}, ${row.organizer_id}, ${row.user_id}, ${row.name}, ${row.email}, ${row.role}, ${row.event_id})
  on conflict do nothing returning ${columns}`.first(tx)

/** In the order in which they were added. */
export const listMembersOf = (
  db: Db, organizer_id: string, after: { added_at: string, id: string } | null, limit: number
) => sql<MemberRow>`
  select id, organizer_id, user_id, name, email, role, event_id,
         date_trunc('milliseconds', added_at) as added_at
    from events.members
   where organizer_id = ${organizer_id} and (${after?.added_at ?? null}::timestamptz is null
      or (date_trunc('milliseconds', added_at), id) >
         (${after?.added_at ?? null}::timestamptz, ${after?.id ?? null}::uuid))
   order by date_trunc('milliseconds', added_at), id limit ${limit}`.rows(db)

export const findMember = (tx: Tx, organizer_id: string, id: string) => sql<MemberRow>`
  select ${columns} from events.members
   where organizer_id = ${organizer_id} and id = ${id}`.first(tx)

/** Whether somebody else is an owner, who has an account. */
export const hasOtherOwner = async (tx: Tx, organizer_id: string, id: string) => (await sql`
  select from events.members where organizer_id = ${organizer_id} and id <> ${id}
     and role = 'owner' and user_id is not null limit 1`.rows(tx)).length > 0

/** Undefined when the person is a member of that place by another row. */
export const updateMemberRow = (
  tx: Tx, { id, role, event_id }: Pick<MemberRow, 'id' | 'role' | 'event_id'>
) => sql<MemberRow & { changed_at: string }>`
  update events.members as m set role = ${role}, event_id = ${event_id}
   where m.id = ${id} and not exists (
     select from events.members as o where o.organizer_id = m.organizer_id and o.id <> m.id
        and (o.user_id = m.user_id or o.email = m.email)
        and o.event_id is not distinct from ${event_id}::uuid)
  returning ${columns}, clock_timestamp() as changed_at`.first(tx)

export const deleteMember = (tx: Tx, id: string) => sql<{ changed_at: string }>`
  delete from events.members where id = ${id}
  returning clock_timestamp() as changed_at`.first(tx)

export const isEventOf = async (db: Db, organizer_id: string, event_id: string) => (await sql`
  select from events.events where id = ${event_id} and organizer_id = ${organizer_id}`.rows(db)).length > 0

/**
 * Gives memberships that wait for an address to who proved it, unless they are a member there
 * already. Answers with the organisers concerned.
 */
export const claimMemberships = async (
  tx: Tx, people: { user_id: string, email: string }[]
) => {
  const rows = await sql<{ organizer_id: string }>`
    update events.members as m set user_id = p.user_id
      from ${sql.rows(people, { user_id: 'uuid', email: 'text' })} as p
     where m.user_id is null and m.email = p.email and not exists (
       select from events.members as o where o.organizer_id = m.organizer_id
          and o.user_id = p.user_id and o.event_id is not distinct from m.event_id)
    returning m.organizer_id`.rows(tx)
  return [...new Set(rows.map(row => row.organizer_id))].toSorted()
}

/** Answers with the organisers that lost somebody. */
export const deleteMembershipsOf = async (tx: Tx, user_ids: string[], emails: string[]) => {
  const rows = await sql<{ organizer_id: string }>`
    delete from events.members
     where user_id = any(${user_ids}::uuid[]) or (user_id is null and email = any(${emails}::text[]))
    returning organizer_id`.rows(tx)
  return [...new Set(rows.map(row => row.organizer_id))].toSorted()
}

/** Who works for these organisers, as a newer version than was told before. */
export const takeMembers = (tx: Tx, organizer_ids: string[]) => sql<OrganizerMembers>`
  with known as (
    select id from events.organizers where id = any(${organizer_ids}::uuid[])
     order by id for no key update)
  update events.organizers as o set members_version = o.members_version + 1
    from known where o.id = known.id
  returning o.id as organizer_id, o.members_version as version, ${members}`.rows(tx)

/** Organisers of whose people nobody was told: they were made before there was such news. */
export const findUntold = async (tx: Tx, limit: number) => (await sql<{ id: string }>`
  select id from events.organizers where members_version = 0
   order by id limit ${limit} for no key update skip locked`.rows(tx)).map(row => row.id)

export const findOrganizerMembers = (db: Db, id: string) => sql<OrganizerMembers>`
  select o.id as organizer_id, greatest(o.members_version, 1) as version, ${members}
    from events.organizers as o where o.id = ${id}`.first(db)
