import type { eventCanceled, eventChanged, eventPublished } from '@fermata/contracts/events'
import type { deadlineReached } from '@fermata/contracts/expiration'
import type { EventFacts } from '@fermata/contracts/fields'
import type { Tx } from '@fermata/platform/database'
import { translator } from '../adapters/catalogue.ts'
import type { Ctx, Handler } from '../context.ts'
import { notify } from '../notify.ts'
import { findEvents, listHolders, setEvent, type HolderRow } from '../queries.ts'
import { venueLine, venueTime } from '../rules/facts.ts'
import type { Notice } from '../rules/notice.ts'

/** A change of these makes holders plan anew; a new picture does not. */
const worth_telling = new Set(['starts_at', 'ends_at', 'timezone', 'venue', 'title'])

export const keepPublished: Handler<typeof eventPublished> = async (_ctx, tx, events) => {
  for (const { data } of events) await setEvent(tx, data.id, data.version, data)
}

export const tellChanged: Handler<typeof eventChanged> = async (ctx, tx, events) => {
  for (const { id, data: { event, changed } } of events) {
    await setEvent(tx, event.id, event.version, event)
    // What is over is nobody's plan any more.
    const is_over = Date.parse(event.ends_at) < Date.now()
    if (!is_over && changed.some(name => worth_telling.has(name))) await tellHolders(ctx, tx, id, event, 'event_changed')
  }
}

export const tellEventCanceled: Handler<typeof eventCanceled> = async (ctx, tx, events) => {
  for (const { id, data: { event, reason } } of events) {
    await setEvent(tx, event.id, event.version, event)
    await tellHolders(ctx, tx, id, event, 'event_canceled', reason)
  }
}

/** A day before the doors, to those who want it. */
export const tellReminder: Handler<typeof deadlineReached> = async (ctx, tx, events) => {
  const due = events.filter(({ data }) => data.kind === 'event_reminder')
  const facts = new Map((await findEvents(tx, due.map(({ data }) => data.subject_id))).map(row => [row.id, row.facts as EventFacts]))
  for (const { id, data } of due) {
    const event = facts.get(data.subject_id)
    if (event?.status === 'published') await tellHolders(ctx, tx, id, event, 'reminder')
  }
}

async function tellHolders (ctx: Ctx, tx: Tx, event_id: string, event: EventFacts, kind: 'event_changed' | 'event_canceled' | 'reminder', reason?: string | null): Promise<void> {
  const holders = await listHolders(tx, event.id)
  const wanted = kind === 'reminder' ? holders.filter(holder => holder.reminders) : holders
  await notify(ctx, tx, wanted.map(holder => noticeFor(holder, event_id, event, kind, reason)))
}

const texts = { event_changed: 'changed', event_canceled: 'event_canceled', reminder: 'reminder' } as const

function noticeFor (holder: HolderRow, event_id: string, event: EventFacts, kind: keyof typeof texts, reason?: string | null): Notice {
  const t = translator(holder.locale)
  const text = texts[kind]
  const order = `/orders/${holder.order_id}?token=${holder.access_token}`
  return {
    dedupe_key: `${event_id} ${holder.order_id}`, kind, user_id: holder.user_id, email: holder.email, locale: holder.locale,
    mail: kind === 'reminder' ? 'wanted' : 'always', url: `/events/${event.slug}`,
    content: {
      title: t(`${text}.title`, { event: event.title }),
      paragraphs: [t(`${text}.body`, { event: event.title }), ...(reason ? [reason] : [])],
      facts: [[t('fact.when'), venueTime(event.starts_at, event.timezone, holder.locale)], [t('fact.where'), venueLine(event)]],
      footer: t('footer.order'),
      ...(text !== 'event_canceled' && { action: { label: t(`${text}.action`), path: text === 'reminder' ? order : `/events/${event.slug}` } }),
    },
  }
}
