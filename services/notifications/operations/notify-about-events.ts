import type { eventCanceled, eventChanged, eventPublished } from '@fermata/contracts/events'
import type { deadlineReached } from '@fermata/contracts/expiration'
import type { EventFacts } from '@fermata/contracts/fields'
import type { Tx } from '@fermata/platform/database'
import { translator } from '../adapters/catalogue.ts'
import type { Ctx, Handler } from '../context.ts'
import { addressKey } from '../limit-mails.ts'
import { notify } from '../notify.ts'
import { findEvents, listHolders, setEvents, type HolderRow } from '../queries/holders.ts'
import { newestOfEach, reminderDay, venueLine, venueTime } from '../rules/facts.ts'
import type { Notice } from '../rules/notice.ts'

/** A change of these makes holders plan anew; a new picture does not. */
const worth_telling = ['starts_at', 'ends_at', 'timezone', 'venue', 'title'] as const
/** Holders told in one statement: a stadium's do not fit well into one. */
const page_size = 2000

export const keepPublished: Handler<typeof eventPublished> = async (_ctx, tx, events) => {
  await setEvents(tx, newestOfEach(events.map(({ data }) => data)))
}

/** Several changes that come together are told once, as the last of them left the event. */
export const tellChanged: Handler<typeof eventChanged> = async (ctx, tx, events) => {
  const newest = newestOfEach(events.map(({ data }) => data.event))
  const before = await findEvents(tx, newest.map(event => event.id))
  const news = new Set(await setEvents(tx, newest))
  for (const event of newest) {
    const known_version = before.get(event.id)?.version ?? 0
    const changes = events.filter(({ data }) =>
      data.event.id === event.id && data.event.version > known_version)
    const changed = new Set(changes.flatMap(({ data }) => data.changed))
    if (!news.has(event.id) || event.status !== 'published') continue
    // What is over is nobody's plan any more.
    if (Date.parse(event.ends_at) < Date.now()) continue
    if (!worth_telling.some(name => changed.has(name))) continue
    const key = changes.find(({ data }) => data.event === event)!.id
    await tellHolders(ctx, tx, event, holder =>
      aboutChange(key, holder, event, before.get(event.id)))
  }
}

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

/** @param key names the news */
function about (
  key: string, holder: HolderRow, event: EventFacts, rest: Pick<Notice, 'kind' | 'mail'> & {
    words: Pick<Notice['content'], 'title' | 'paragraphs' | 'action'>
    facts?: Notice['content']['facts'] },
): Notice {
  const { order_id, user_id, email, locale, is_free } = holder
  const t = translator(locale)
  const facts = rest.facts ?? [
    [t('fact.when'), venueTime(event.starts_at, event.timezone, locale)],
    [t('fact.where'), venueLine(event)],
  ]
  return {
    // Of orders that cost nothing anybody can place many for one address, which hears once.
    dedupe_key: `${key} ${is_free ? addressKey(email) : order_id}`, kind: rest.kind, mail: rest.mail, user_id, email, locale,
    url: eventPath(event), content: { ...rest.words, facts, footer: t('footer.order') },
  }
}

const eventPath = ({ slug }: EventFacts) => `/events/${encodeURIComponent(slug)}`

function aboutChange (
  key: string, holder: HolderRow, event: EventFacts, before: EventFacts | undefined,
): Notice {
  const { locale } = holder
  const t = translator(locale)
  const row = (label: 'when' | 'where', now: string, then: string | undefined) =>
    [[t(`fact.${label}`), now], ...(then && then !== now ? [[t('fact.before'), then]] : [])] as
      [string, string][]
  const when = (one: EventFacts) => venueTime(one.starts_at, one.timezone, locale)
  const renamed = before && before.title !== event.title
  return about(key, holder, event, {
    kind: 'event_changed', mail: 'always',
    facts: [
      ...row('when', when(event), before && when(before)),
      ...row('where', venueLine(event), before && venueLine(before)),
    ],
    words: {
      title: t('changed.title', { event: event.title }),
      paragraphs: [
        t('changed.body', { event: event.title }),
        ...(renamed ? [t('changed.formerly', { title: before.title })] : []),
      ],
      action: { label: t('changed.action'), path: eventPath(event) },
    },
  })
}

function aboutCancelation (
  key: string, holder: HolderRow, event: EventFacts, reason: string | null,
): Notice {
  const t = translator(holder.locale)
  const body = t('event_canceled.body', { event: event.title })
  return about(key, holder, event, {
    kind: 'event_canceled', mail: 'always',
    words: {
      title: t('event_canceled.title', { event: event.title }),
      paragraphs: [body, ...(reason ? [t('event_canceled.reason', { reason })] : [])],
    },
  })
}

function aboutReminder (
  key: string, holder: HolderRow, event: EventFacts, day: 'today' | 'tomorrow',
): Notice {
  const t = translator(holder.locale)
  const { order_id } = holder
  return about(key, holder, event, {
    kind: 'reminder', mail: 'wanted',
    words: {
      title: t(`reminder.${day}`, { event: event.title }), paragraphs: [t('reminder.body')],
      action: { label: t('reminder.action'), path: `/orders/${order_id}`, order_id },
    },
  })
}
