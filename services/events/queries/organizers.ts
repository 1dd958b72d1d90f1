import type { Organizer } from '@fermata/contracts/events'
import type { Db, Tx } from '@fermata/platform/database'
import { sql } from '@fermata/platform/sql'
import type { Manager } from './events.ts'

const columns = sql.raw('o.id, o.name, o.created_at')

export const findOrganizer = (db: Db, id: string) => sql<Organizer>`
  select ${columns} from events.organizers as o where o.id = ${id}`.first(db)

const managedBy = (manager: Manager) => manager === 'admin' ? sql`true` : sql`exists (
  select from events.members as m where m.organizer_id = o.id and m.user_id = ${manager.user_id} and m.role = 'owner')`

export const findManagedOrganizer = (db: Db, id: string, manager: Manager) =>
  sql<Organizer>`
    select ${columns} from events.organizers as o
     where o.id = ${id} and ${managedBy(manager)}`.first(db)

export const findDefaultOrganizer = (db: Db, user_id: string) => sql<Organizer>`
  select ${columns} from events.organizers as o where o.default_for = ${user_id}`.first(db)

/**
 * Two first uses at once make one: the second waits for the first to commit, and inserts nothing.
 */
export const insertDefaultOrganizer = (
  tx: Tx, organizer: { id: string, name: string, user_id: string }
) => sql<Organizer>`
  insert into events.organizers as o (id, name, default_for)
  values (${organizer.id}, ${organizer.name}, ${organizer.user_id})
  on conflict (default_for) do nothing returning ${columns}`.first(tx)

export const insertOrganizer = (tx: Tx, organizer: { id: string, name: string }) => sql<Organizer>`
  insert into events.organizers as o (id, name) values (${organizer.id}, ${organizer.name})
  returning ${columns}`.one(tx)

/** In the order of their ids, which is that of their making. */
export const listOrganizersOf = (
  db: Db, manager: Manager, after_id: string | null, limit: number
) => sql<Organizer>`
  select ${columns} from events.organizers as o
   where ${managedBy(manager)} and (${after_id}::uuid is null or o.id > ${after_id}::uuid)
   order by o.id limit ${limit}`.rows(db)

export const findPersonName = async (db: Db, user_id: string) => (await sql<{ name: string | null }>`
  select name from events.people where user_id = ${user_id}`.first(db))?.name ?? undefined

/** One row for each person, whatever the batch repeats; who was forgotten stays forgotten. */
export const insertPeople = (tx: Tx, people: { user_id: string, name: string }[]) => sql`
  insert into events.people (user_id, name)
  select distinct on (user_id) user_id, name
    from ${sql.rows(people, { user_id: 'uuid', name: 'text' })} as person
  on conflict (user_id) do nothing`.run(tx)

/** Who was forgotten stays forgotten, whatever news of them comes late. */
export const forgetNames = (tx: Tx, user_ids: string[]) => sql`
  insert into events.people (user_id, name)
  select distinct user_id, null from unnest(${user_ids}::uuid[]) as person (user_id)
  on conflict (user_id) do update set name = null`.run(tx)
