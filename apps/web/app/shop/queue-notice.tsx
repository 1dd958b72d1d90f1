import { Link } from 'react-router'
import { formatDate } from '../i18n/formats.ts'
import { useTranslator } from '../i18n/translator.tsx'
import type { QueueView } from './queue-place.server.ts'

interface QueueNoticeProps { event: { slug: string, timezone: string }, room: QueueView }

/** On the page of an event that sells through a waiting room, in the place of the tickets. */
export function QueueNotice ({ event, room: { queue, position } }: QueueNoticeProps) {
  const { language, t } = useTranslator()
  const time = formatDate(language, queue.opens_at, event.timezone, 'day_time')
  const is_before = queue.state === 'before_opening'
  return (
    <div className="panel grid gap-4">
      <h3 suppressHydrationWarning>
        {is_before ? t('shop.queue.before_title', { time }) : t('shop.queue.open_title')}
      </h3>
      <p>{t(is_before ? 'shop.queue.before_text' : 'shop.queue.open_text')}</p>
      <Link to={`/events/${event.slug}/queue`} className="button button-large">
        {t(position && position.status !== 'missed' ? 'shop.queue.see' : 'shop.queue.enter')}
      </Link>
    </div>
  )
}
