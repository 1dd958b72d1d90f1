import type { Event } from '@fermata/contracts/events'
import { useT } from '../i18n/translator.tsx'

const looks = { draft: 'badge badge-warm', published: 'badge badge-good', canceled: 'badge badge-bad' } as const

export function EventBadge ({ event }: { event: Pick<Event, 'status' | 'is_past'> }) {
  const t = useT()
  if (event.is_past && event.status !== 'canceled') return <span className="badge">{t('organizer.past')}</span>
  return <span className={looks[event.status]}>{t(`organizer.status.${event.status}`)}</span>
}
