import type { EventFacts, Locale } from '@fermata/contracts/fields'
import { translator, type Translate } from './adapters/catalogue.ts'
import { addressKey } from './limit-mails.ts'
import type { HolderRow } from './queries/holders.ts'
import { venueLine, venueTime } from './rules/facts.ts'
import type { Notice } from './rules/notice.ts'
import type { Content } from './rules/outgoing.ts'

/** News of an event, as it is told to who holds its tickets. */

type Words = Pick<Content, 'title' | 'paragraphs' | 'action'> & Partial<Pick<Content, 'facts'>>

/** @param key names the news */
function about (
  key: string, holder: HolderRow, event: EventFacts, rest: Pick<Notice, 'kind' | 'mail' | 'unpaid'> & {
    words: (t: Translate, locale: Locale) => Words },
): Notice {
  const { order_id, user_id, email, locale, is_free } = holder
  return {
    // Of orders that cost nothing anybody can place many for one address, which hears once.
    dedupe_key: `${key} ${is_free ? addressKey(email) : order_id}`, kind: rest.kind, mail: rest.mail, user_id, email, locale,
    url: eventPath(event), ...(is_free && { unpaid: rest.unpaid }),
    write (locale) {
      const t = translator(locale)
      const facts: Content['facts'] = [
        [t('fact.when'), venueTime(event.starts_at, event.timezone, locale)],
        [t('fact.where'), venueLine(event)],
      ]
      return { facts, footer: t('footer.order'), ...rest.words(t, locale) }
    },
  }
}

const eventPath = ({ slug }: EventFacts) => `/events/${encodeURIComponent(slug)}`

export function aboutChange (
  key: string, holder: HolderRow, event: EventFacts, before: EventFacts | undefined,
): Notice {
  const renamed = before && before.title !== event.title
  return about(key, holder, event, {
    kind: 'event_changed', mail: 'always',
    // An event may be changed as often as its organiser likes.
    unpaid: {
      sender: undefined, apart: event.organizer_id,
      link: {
        label: translator(holder.locale)('changed.title', { event: event.title }),
        path: eventPath(event),
      },
    },
    words: (t, locale) => ({
      facts: changedFacts(t, locale, event, before),
      title: t('changed.title', { event: event.title }),
      paragraphs: [
        t('changed.body', { event: event.title }),
        ...(renamed ? [t('changed.formerly', { title: before.title })] : []),
      ],
      action: { label: t('changed.action'), path: eventPath(event) },
    }),
  })
}

/** As it is, and under it as it was. */
function changedFacts (
  t: Translate, locale: Locale, event: EventFacts, before: EventFacts | undefined,
): Content['facts'] {
  const row = (label: 'when' | 'where', now: string, then: string | undefined) =>
    [[t(`fact.${label}`), now], ...(then && then !== now ? [[t('fact.before'), then]] : [])] as
      Content['facts']
  const when = (one: EventFacts) => venueTime(one.starts_at, one.timezone, locale)
  return [
    ...row('when', when(event), before && when(before)),
    ...row('where', venueLine(event), before && venueLine(before)),
  ]
}

export function aboutCancelation (
  key: string, holder: HolderRow, event: EventFacts, reason: string | null,
): Notice {
  return about(key, holder, event, {
    kind: 'event_canceled', mail: 'always',
    words: t => ({
      title: t('event_canceled.title', { event: event.title }),
      paragraphs: [
        t('event_canceled.body', { event: event.title }),
        ...(reason ? [t('event_canceled.reason', { reason })] : []),
      ],
    }),
  })
}

export function aboutReminder (
  key: string, holder: HolderRow, event: EventFacts, day: 'today' | 'tomorrow',
): Notice {
  const { order_id } = holder
  return about(key, holder, event, {
    kind: 'reminder', mail: 'wanted',
    words: t => ({
      title: t(`reminder.${day}`, { event: event.title }), paragraphs: [t('reminder.body')],
      action: { label: t('reminder.action'), path: `/orders/${order_id}`, order_id },
    }),
  })
}
