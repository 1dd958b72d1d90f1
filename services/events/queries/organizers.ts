import type { Organizer } from '@fermata/contracts/events'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from 'kysely'
import type { DB } from '../database.ts'
import type { Manager } from './events.ts'

const columns = sql.raw('o.id, o.name, o.created_at')

export const findOrganizer = async (db: Db<DB>, id: string) => (await sql<Organizer>`
  select ${columns} from events.organizers as o where o.id = ${id}`.execute(db)).rows[0]

const managedBy = (manager: Manager) => manager === 'admin' ? sql`true` : sql`exists (
  select from events.members as m where m.organizer_id = o.id and m.user_id = ${manager.user_id} and m.role = 'owner')`

export const findManagedOrganizer = async (db: Db<DB>, id: string, manager: Manager) =>
  (await sql<Organizer>`
    select ${columns} from events.organizers as o
     where o.id = ${id} and ${managedBy(manager)}`.execute(db)).rows[0]

export const findDefaultOrganizer = async (db: Db<DB>, user_id: string) => (await sql<Organizer>`
  select ${columns} from events.organizers as o where o.default_for = ${user_id}`.execute(db)).rows[0]

/**
 * Two first uses at once make one: the second waits for the first to commit, and inserts nothing.
 */
export const insertDefaultOrganizer = async (
  tx: Tx<DB>, organizer: { id: string, name: string, user_id: string }
) => (await sql<Organizer>`
  insert into events.organizers as o (id, name, default_for)
  values (${organizer.id}, ${organizer.name}, ${organizer.user_id})
  on conflict (default_for) do nothing returning ${columns}`.execute(tx)).rows[0]

export const insertOrganizer = async (tx: Tx<DB>, organizer: { id: string, name: string }) => (await sql<Organizer>`
  insert into events.organizers as o (id, name) values (${organizer.id}, ${organizer.name})
  returning ${columns}`.execute(tx)).rows[0]!

/** In the order of their ids, which is that of their making. */
export const listOrganizersOf = async (
  db: Db<DB>, manager: Manager, after_id: string | null, limit: number
) => (await sql<Organizer>`
  select ${columns} from events.organizers as o
   where ${managedBy(manager)} and (${after_id}::uuid is null or o.id > ${after_id}::uuid)
   order by o.id limit ${limit}`.execute(db)).rows

export const findPersonName = async (db: Db<DB>, user_id: string) => (await sql<{ name: string | null }>`
  select name from events.people where user_id = ${user_id}`.execute(db)).rows[0]?.name ?? undefined

/** One row for each person, whatever the batch repeats; who was forgotten stays forgotten. */
export const insertPeople = (tx: Tx<DB>, user_ids: string[], names: string[]) => sql`
  insert into events.people (user_id, name)
  select distinct on (user_id) user_id, name
    from unnest(${user_ids}::uuid[], ${names}::text[]) as person (user_id, name)
  on conflict (user_id) do nothing`.execute(tx)

/** Who was forgotten stays forgotten, whatever news of them comes late. */
export const forgetNames = (tx: Tx<DB>, user_ids: string[]) => sql`
  insert into events.people (user_id, name)
  select distinct user_id, null from unnest(${user_ids}::uuid[]) as person (user_id)
  on conflict (user_id) do update set name = null`.execute(tx)
