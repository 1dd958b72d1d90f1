import type { MemberRole, OrganizerMembers } from '@fermata/contracts/events'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from 'kysely'
import type { DB } from '../database.ts'

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
export const countMembersLocked = async (tx: Tx<DB>, organizer_id: string) => {
  await sql`select from events.organizers where id = ${organizer_id} for update`.execute(tx)
  const { rows } = await sql<{ members: number }>`
    select count(*) as members from events.members where organizer_id = ${organizer_id}`.execute(tx)
  return rows[0]!.members
}

export type NewMemberRow = Omit<MemberRow, 'added_at'>

/** Undefined when the person, or the address, is a member of that place already. */
export const insertMember = async (tx: Tx<DB>, row: NewMemberRow) => (await sql<MemberRow>`
  insert into events.members (id, organizer_id, user_id, name, email, role, event_id)
  values (${row.id}, ${row.organizer_id}, ${row.user_id}, ${row.name}, ${row.email}, ${row.role}, ${row.event_id})
  on conflict do nothing returning ${columns}`.execute(tx)).rows[0]

/** In the order in which they were added. */
export const listMembersOf = async (
  db: Db<DB>, organizer_id: string, after: { added_at: string, id: string } | null, limit: number
) => (await sql<MemberRow>`
  select id, organizer_id, user_id, name, email, role, event_id,
         date_trunc('milliseconds', added_at) as added_at
    from events.members
   where organizer_id = ${organizer_id} and (${after?.added_at ?? null}::timestamptz is null
      or (date_trunc('milliseconds', added_at), id) >
         (${after?.added_at ?? null}::timestamptz, ${after?.id ?? null}::uuid))
   order by date_trunc('milliseconds', added_at), id limit ${limit}`.execute(db)).rows

export const findMember = async (tx: Tx<DB>, organizer_id: string, id: string) => (await sql<MemberRow>`
  select ${columns} from events.members
   where organizer_id = ${organizer_id} and id = ${id}`.execute(tx)).rows[0]

/** Whether somebody else is an owner, who has an account. */
export const hasOtherOwner = async (tx: Tx<DB>, organizer_id: string, id: string) => (await sql`
  select from events.members where organizer_id = ${organizer_id} and id <> ${id}
     and role = 'owner' and user_id is not null limit 1`.execute(tx)).rows.length > 0

/** Undefined when the person is a member of that place by another row. */
export const updateMemberRow = async (
  tx: Tx<DB>, { id, role, event_id }: Pick<MemberRow, 'id' | 'role' | 'event_id'>
) => (await sql<MemberRow & { changed_at: string }>`
  update events.members as m set role = ${role}, event_id = ${event_id}
   where m.id = ${id} and not exists (
     select from events.members as o where o.organizer_id = m.organizer_id and o.id <> m.id
        and (o.user_id = m.user_id or o.email = m.email)
        and o.event_id is not distinct from ${event_id}::uuid)
  returning ${columns}, clock_timestamp() as changed_at`.execute(tx)).rows[0]

export const deleteMember = async (tx: Tx<DB>, id: string) => (await sql<{ changed_at: string }>`
  delete from events.members where id = ${id}
  returning clock_timestamp() as changed_at`.execute(tx)).rows[0]

export const isEventOf = async (db: Db<DB>, organizer_id: string, event_id: string) => (await sql`
  select from events.events where id = ${event_id} and organizer_id = ${organizer_id}`.execute(db))
  .rows.length > 0

/**
 * Gives memberships that wait for an address to who proved it, unless they are a member there
 * already. Answers with the organisers concerned.
 */
export const claimMemberships = async (
  tx: Tx<DB>, people: { user_id: string, email: string }[]
) => {
  const { rows } = await sql<{ organizer_id: string }>`
    update events.members as m set user_id = p.user_id
      from unnest(${people.map(one => one.user_id)}::uuid[],
        ${people.map(one => one.email)}::text[]) as p (user_id, email)
     where m.user_id is null and m.email = p.email and not exists (
       select from events.members as o where o.organizer_id = m.organizer_id
          and o.user_id = p.user_id and o.event_id is not distinct from m.event_id)
    returning m.organizer_id`.execute(tx)
  return [...new Set(rows.map(row => row.organizer_id))].toSorted()
}

/** Answers with the organisers that lost somebody. */
export const deleteMembershipsOf = async (tx: Tx<DB>, user_ids: string[], emails: string[]) => {
  const { rows } = await sql<{ organizer_id: string }>`
    delete from events.members
     where user_id = any(${user_ids}::uuid[]) or (user_id is null and email = any(${emails}::text[]))
    returning organizer_id`.execute(tx)
  return [...new Set(rows.map(row => row.organizer_id))].toSorted()
}

/** Who works for these organisers, as a newer version than was told before. */
export const takeMembers = async (tx: Tx<DB>, organizer_ids: string[]) => (await sql<OrganizerMembers>`
  with known as (
    select id from events.organizers where id = any(${organizer_ids}::uuid[])
     order by id for no key update)
  update events.organizers as o set members_version = o.members_version + 1
    from known where o.id = known.id
  returning o.id as organizer_id, o.members_version as version, ${members}`.execute(tx)).rows

/** Organisers of whose people nobody was told: they were made before there was such news. */
export const findUntold = async (tx: Tx<DB>, limit: number) => (await sql<{ id: string }>`
  select id from events.organizers where members_version = 0
   order by id limit ${limit} for no key update skip locked`.execute(tx)).rows.map(row => row.id)

export const findOrganizerMembers = async (db: Db<DB>, id: string) => (await sql<OrganizerMembers>`
  select o.id as organizer_id, greatest(o.members_version, 1) as version, ${members}
    from events.organizers as o where o.id = ${id}`.execute(db)).rows[0]
