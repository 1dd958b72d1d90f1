import type { eventCanceled, eventChanged, eventPublished } from '@fermata/contracts/events'
import type { deadlineReached } from '@fermata/contracts/expiration'
import type { EventFacts } from '@fermata/contracts/fields'
import type { Tx } from '@fermata/platform/database'
import type { Ctx, Handler } from '../context.ts'
import { aboutCancelation, aboutChange, aboutReminder } from '../event-notices.ts'
import { lockLetterBoxes } from '../limit-mails.ts'
import { notify } from '../notify.ts'
import {
  findEvents, listFreeAddresses, listHolders, setEvents, type HolderRow,
} from '../queries/holders.ts'
import { newestOfEach, reminderDay } from '../rules/facts.ts'
import type { Notice } from '../rules/notice.ts'

/** A change of these makes holders plan anew; a new picture does not. */
const worth_telling = ['starts_at', 'ends_at', 'timezone', 'venue', 'title'] as const
/** Holders told in one statement: a stadium's do not fit well into one. */
const page_size = 2000

/** The newest facts of an event are kept, for what will be told of it. */
export const keepPublished: Handler<typeof eventPublished> = async (_ctx, tx, events) => {
  await setEvents(tx, newestOfEach(events.map(({ data }) => data)))
}

/**
 * Holders hear of what changes their plans, with what was before. Several changes that come
 * together are told once, as the last of them left the event.
 */
export const tellChanged: Handler<typeof eventChanged> = async (ctx, tx, events) => {
  const newest = newestOfEach(events.map(({ data }) => data.event))
  const before = await findEvents(tx, newest.map(event => event.id))
  const news = new Set(await setEvents(tx, newest))
  const told = newest.flatMap(event => {
    const known_version = before.get(event.id)?.version ?? 0
    const changes = events.filter(({ data }) =>
      data.event.id === event.id && data.event.version > known_version)
    const changed = new Set(changes.flatMap(({ data }) => data.changed))
    // What is over is nobody's plan any more.
    const is_told = news.has(event.id) && event.status === 'published' &&
      Date.parse(event.ends_at) >= Date.now() && worth_telling.some(name => changed.has(name))
    return is_told ? [{ event, key: changes.find(({ data }) => data.event === event)!.id }] : []
  })
  const organizers = new Map(told.map(({ event }) => [event.id, event.organizer_id]))
  await lockLetterBoxes(tx, (await listFreeAddresses(tx, [...organizers.keys()]))
    .map(({ event_id, email }) => ({ email, apart: organizers.get(event_id) })))
  for (const { event, key } of told) {
    await tellHolders(ctx, tx, event, holder =>
      aboutChange(key, holder, event, before.get(event.id)))
  }
}

/** Holders hear that it does not take place. */
export const tellEventCanceled: Handler<typeof eventCanceled> = async (ctx, tx, events) => {
  await setEvents(tx, newestOfEach(events.map(({ data }) => data.event)))
  for (const { id, data: { event, reason } } of events) {
    await tellHolders(ctx, tx, event, holder => aboutCancelation(id, holder, event, reason))
  }
}

/** A day before the doors, to those who want it. */
export const tellReminder: Handler<typeof deadlineReached> = async (ctx, tx, events) => {
  const due = events.filter(({ data }) => data.kind === 'event_reminder')
  const facts = await findEvents(tx, due.map(({ data }) => data.subject_id))
  for (const { id, data } of due) {
    const event = facts.get(data.subject_id)
    const day = event?.status === 'published' ? reminderDay(event, data.reached_at) : null
    if (event && day) await tellHolders(ctx, tx, event, holder =>
      holder.wants_reminders ? aboutReminder(id, holder, event, day) : null)
  }
}

async function tellHolders (
  ctx: Ctx, tx: Tx, event: EventFacts, write: (holder: HolderRow) => Notice | null,
): Promise<void> {
  let after: string | null = null
  for (;;) {
    const holders: HolderRow[] = await listHolders(tx, event.id, after, page_size)
    await notify(ctx, tx, holders.flatMap(holder => write(holder) ?? []))
    if (holders.length < page_size) return
    after = holders.at(-1)!.order_id
  }
}
