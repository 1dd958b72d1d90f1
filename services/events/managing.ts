import type { EventFacts } from '@fermata/contracts/fields'
import { invalid, notFound } from '@fermata/contracts/problems'
import { hasRole, personOf, type Caller } from '@fermata/platform/caller'
import { mayDo } from '@fermata/platform/memberships'
import { Problem } from '@fermata/platform/problem'
import type { Db } from '@fermata/platform/database'
import type { Event, Organizer } from '@fermata/contracts/events'
import { sql } from '@fermata/platform/sql'
import type { Ctx } from './context.ts'
import {
  findFacts, findManagedEvent, type EventRow, type Manager,
} from './queries/events.ts'
import { findManagedOrganizer } from './queries/organizers.ts'
import type { FieldError } from './rules/check-event.ts'
import { imagesOf } from './rules/event-facts.ts'

/**
 * As whom a caller manages events: an administrator all, a creator those of their organisers,
 * others none.
 */
export function managerOf (caller: Caller): Manager | undefined {
  if (hasRole(caller, 'admin')) return 'admin'
  return hasRole(caller, 'event_creator') ? { user_id: personOf(caller).user_id } : undefined
}

/** The event, if the caller manages it. @throws Problem `request/not-found` for everybody else's */
export async function managedEvent (ctx: Ctx, caller: Caller, id: string): Promise<EventRow> {
  const manager = managerOf(caller)
  const event = manager && await findManagedEvent(ctx.db, id, manager)
  if (!event) throw new Problem(notFound)
  return event
}

/**
 * The organiser, if the caller manages it. @throws Problem `request/not-found` for everybody else's
 */
export async function managedOrganizer (ctx: Ctx, caller: Caller, id: string): Promise<Organizer> {
  const manager = managerOf(caller)
  const organizer = manager && await findManagedOrganizer(ctx.db, id, manager)
  if (!organizer) throw new Problem(notFound)
  return organizer
}

/** What the caller may admit people to, as a condition of a list. */
export const servedBy = (caller: Caller) => mayDo('events', caller, 'door',
  { organizer_id: sql.ref('e.organizer_id'), event_id: sql.ref('e.id') })

/** An event as callers see it. */
export const present = (row: EventRow): Event => ({ ...row, images: imagesOf(row) })

/** Facts of events as other services keep them; ids that are not there are left out. */
export async function factsOf (db: Db, ids: string[]): Promise<EventFacts[]> {
  const rows = await findFacts(db, ids)
  return rows.map(({ images, ...facts }) =>
    ({ ...facts, image: imagesOf({ id: facts.id, images })[0]! }))
}

/** @throws Problem `request/invalid` when there are any */
export function refuse (errors: FieldError[]): void {
  if (errors.length > 0) throw new Problem(invalid, undefined, { extensions: { errors } })
}
