import type { eventCanceled, eventChanged, eventPublished } from '@fermata/contracts/events'
import type { Handler } from '../context.ts'
import { dropDeadlines, setDeadlines } from '../queries.ts'

/** Holders are reminded a day before the doors: late enough to matter, early enough to plan. */
const reminder_before_ms = 24 * 60 * 60 * 1000

interface Scheduled { id: string, starts_at: string, status: string }

const reminders = (events: Scheduled[]) => events.map(event => ({
  subject_id: event.id,
  due_at: new Date(Date.parse(event.starts_at) - reminder_before_ms).toISOString() }))

// An event published within its last day, or after it, reminds nobody: they have only just heard of
// it.
const future = (event: Scheduled) =>
  event.status === 'published' && Date.parse(event.starts_at) - reminder_before_ms > Date.now()

/** A reminder is due 24 hours before the start. */
export const startReminders: Handler<typeof eventPublished> = async (_ctx, tx, events) => {
  await setDeadlines(tx, 'event_reminder',
    reminders(newest(events.map(({ data }) => data)).filter(future)))
}

/** The reminder moves with the start, always 24 hours before it. */
export const moveReminders: Handler<typeof eventChanged> = async (_ctx, tx, events) => {
  await setDeadlines(tx, 'event_reminder', reminders(newest(events.map(({ data }) => data.event)).filter(future)))
}

/** The reminder is dropped. */
export const endReminders: Handler<typeof eventCanceled> = async (_ctx, tx, events) => {
  await dropDeadlines(tx, 'event_reminder', events.map(({ data }) => data.event.id))
}

/**
 * One row may be written once in a statement, so of several versions in a batch the newest counts.
 */
function newest<E extends { id: string, version: number }> (events: E[]): E[] {
  const byId = new Map<string, E>()
  for (const event of events)
    if (event.version >= (byId.get(event.id)?.version ?? 0)) byId.set(event.id, event)
  return [...byId.values()]
}
