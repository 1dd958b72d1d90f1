import type * as api from '@fermata/contracts/events'
import { setEventPool } from '@fermata/contracts/orders'
import { invalid } from '@fermata/contracts/problems'
import type { Organizer } from '@fermata/contracts/events'
import { personOf, type Caller } from '@fermata/platform/caller'
import type { Tx } from '@fermata/platform/database'
import { readableCode, uuidv7 } from '@fermata/platform/ids'
import { Problem } from '@fermata/platform/problem'
import type { Ctx, Operation } from '../context.ts'
import { managerOf, present, refuse } from '../managing.ts'
import { insertFounder } from '../members.ts'
import { insertEvent } from '../queries/events.ts'
import {
  findDefaultOrganizer, findManagedOrganizer, findPersonName, insertDefaultOrganizer,
} from '../queries/organizers.ts'
import { checkEvent, normalizeEvent, type Details } from '../rules/check-event.ts'
import { slugOf } from '../rules/slug.ts'

/**
 * A draft. Its pool is set in orders before the event is written: if the event then cannot be
 * written, the pool
 * belongs to an id nobody knows and nothing can be sold from it.
 */
export const createEvent: Operation<typeof api.createEvent> = async (ctx, request) => {
  const { organizer_id, ...body } = request.body
  const details = {
    ...body, images: body.images ?? [], ticket_capacity: body.ticket_capacity ?? null,
    currency: body.currency ?? ctx.settings.DEFAULT_CURRENCY,
  }
  refuse(checkEvent(details))
  if (organizer_id) await namedOrganizer(ctx, request.caller, organizer_id)
  const id = uuidv7()
  if (details.ticket_capacity !== null) {
    await ctx.call(setEventPool, {
      params: { event_id: id }, body: { capacity: details.ticket_capacity }, request_id: request.id,
    })
  }
  return ctx.write(request, async tx => {
    const organizer = organizer_id
      ? await namedOrganizer({ db: tx }, request.caller, organizer_id)
      : await ownOrganizer(ctx, tx, personOf(request.caller).user_id, request.id)
    return present(await insertWithSlug(tx, id, organizer, normalizeEvent(details)))
  })
}

/** Somebody else's organiser does not exist for the caller, and a field of the body says so. */
async function namedOrganizer ({ db }: Pick<Ctx, 'db'>, caller: Caller,
  id: string): Promise<Organizer> {
  const organizer = await findManagedOrganizer(db, id, managerOf(caller)!)
  if (organizer) return organizer
  throw new Problem(invalid, undefined, {
    extensions: { errors: [{ field: 'organizer_id', message: 'is not an organiser of yours' }] },
  })
}

/** The organiser of a person who never named one; made on first use. */
async function ownOrganizer (
  ctx: Ctx, tx: Tx, user_id: string, request_id: string
): Promise<Organizer> {
  const known = await findDefaultOrganizer(tx, user_id)
  if (known) return known
  const name = await findPersonName(tx, user_id) ?? `Organiser ${readableCode(4)}`
  const made = await insertDefaultOrganizer(tx, { id: uuidv7(), name, user_id })
  if (!made) return (await findDefaultOrganizer(tx, user_id))!
  await insertFounder(ctx, tx, made.id, { user_id, name }, request_id)
  return made
}

async function insertWithSlug (tx: Tx, id: string, organizer: Organizer, details: Details) {
  for (const slug of slugCandidates(details.title)) {
    const row = await insertEvent(tx,
      { ...details, id, slug, organizer_id: organizer.id, organizer_name: organizer.name })
    if (row) return row
  }
  throw new Error('No free slug among the candidates')
}

/**
 * Readable ones first; the last are 25 random bits each, so that ten thousand events may share a
 * title.
 */
export function slugCandidates (title: string): string[] {
  const slug = slugOf(title)
  const random = () => `${slug}-${readableCode(5).toLowerCase()}`
  return [slug, `${slug}-2`, `${slug}-3`, `${slug}-4`, random(), random(), random()]
}
