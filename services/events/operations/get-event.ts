import type * as api from '@fermata/contracts/events'
import { notFound } from '@fermata/contracts/problems'
import type { Caller } from '@fermata/platform/caller'
import { Problem } from '@fermata/platform/problem'
import type { Ctx, Operation } from '../context.ts'
import { managerOf, present } from '../managing.ts'
import { findEvent, findEventBySlug, findManagedEvent, type EventRow } from '../queries/events.ts'
import { isId } from '../rules/slug.ts'

/** One event, by id or slug. A draft exists only for those who manage it. */
export const getEvent: Operation<typeof api.getEvent> = async (ctx, { params, caller }) =>
  present(await visibleEvent(ctx, caller, params.id))

/** @throws Problem `request/not-found` for what is not there, or not there for this caller */
export async function visibleEvent (ctx: Ctx, caller: Caller,
  id_or_slug: string): Promise<EventRow> {
  const slug = id_or_slug.toLowerCase()
  // What cannot be a slug need not be looked for; a NUL in it would even offend the database.
  const event = isId(slug) ? await findEvent(ctx.db, slug) : /^[a-z0-9-]+$/.test(slug) &&
    await findEventBySlug(ctx.db, slug)
  if (!event) throw new Problem(notFound)
  if (event.status !== 'draft') return event
  const manager = managerOf(caller)
  if (manager && await findManagedEvent(ctx.db, event.id, manager)) return event
  throw new Problem(notFound)
}
