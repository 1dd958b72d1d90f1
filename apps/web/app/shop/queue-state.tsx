import type { Queue, QueuePosition } from '@fermata/contracts/queue'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { formatCount, formatDate } from '../i18n/formats.ts'
import { useT, useTranslator } from '../i18n/translator.tsx'
import { Countdown } from '../ui/countdown.tsx'
import type { QueuePage } from './queue.tsx'

/** Where a visitor stands, and what happens next. */
export function QueueState ({ page, on_end }: { page: QueuePage, on_end: () => void }) {
  const { event, queue, position } = page
  const { language, t } = useTranslator()
  const time = formatDate(language, queue.opens_at, event.timezone, 'day_time')
  if (!position) return <Outside queue={queue} time={time} />
  switch (position.status) {
    case 'before_opening':
      return (
        <Text title={t('shop.queue.waiting_title')} text={t('shop.queue.waiting_text', { time })}>
          <p className="text-soft" suppressHydrationWarning>
            {/* What the room knows is a second old; who reads this is in it. */}
            {t('shop.queue.joined', { count: formatCount(language, Math.max(1, position.joined)) })}
          </p>
        </Text>
      )
    case 'drawing':
      return <Text title={t('shop.queue.drawing_title')} text={t('shop.queue.drawing_text')} />
    case 'in_line':
      return <InLine position={position} />
    case 'your_turn':
      return (
        <Text title={t('shop.queue.turn_title')} text={t('shop.queue.turn_text')}>
          <p className="hint">{t('shop.queue.turn_left')}</p>
          <Countdown key={position.pass_expires_at} label={t('shop.queue.turn_left')}
            left_seconds={Math.floor((position.pass_left_ms ?? 0) / 1000)} on_end={on_end} />
          <Link to={`/events/${event.slug}#tickets`} className="button button-large">
            {t('shop.queue.choose')}
          </Link>
        </Text>
      )
    case 'missed':
    case 'sold_out':
    case 'closed':
      return <Text title={t(`shop.queue.${position.status}_title`)} text={t(`shop.queue.${position.status}_text`)} />
  }
}

function Outside ({ queue, time }: { queue: Queue, time: string }) {
  const { language, t } = useTranslator()
  if (queue.state === 'sold_out' || queue.state === 'closed') {
    return <Text title={t(`shop.queue.${queue.state}_title`)} text={t(`shop.queue.${queue.state}_text`)} />
  }
  if (queue.state !== 'before_opening') {
    return (
      <Text title={t('shop.queue.open_title')} text={t('shop.queue.open_text')}>
        {queue.expected_wait_seconds !== null && (
          <p>{t('shell.labelled', { label: t('shop.queue.wait'), text: '' })}<Wait seconds={queue.expected_wait_seconds} /></p>
        )}
      </Text>
    )
  }
  return (
    <Text title={t('shop.queue.before_title', { time })} text={t('shop.queue.before_text')}>
      <p className="text-soft" suppressHydrationWarning>
        {t('shop.queue.joined', { count: formatCount(language, queue.joined) })}
      </p>
    </Text>
  )
}

function Text ({ title, text, children }: { title: string, text: string, children?: ReactNode }) {
  return (
    <div className="reading grid justify-items-center gap-4">
      {/* Without what follows: a countdown in here would be read out every second. */}
      <div role="status" className="grid gap-4">
        <h1 className="text-3xl" suppressHydrationWarning>{title}</h1>
        <p className="text-lg text-soft" suppressHydrationWarning>{text}</p>
      </div>
      {children}
    </div>
  )
}

function InLine ({ position }: { position: QueuePosition }) {
  const { language, t } = useTranslator()
  const figure = (label: string, value: ReactNode, look = '') => (
    <div className={`panel grid content-start gap-1 ${look}`}>
      <dt className="hint">{label}</dt>
      <dd className="figures text-2xl font-bold sm:text-3xl" suppressHydrationWarning>{value}</dd>
    </div>
  )
  return (
    <div role="status" className="grid w-full max-w-3xl justify-items-center gap-5">
      <h1 className="text-3xl">{t('shop.queue.line_title')}</h1>
      <dl className="grid w-full grid-cols-2 gap-3 sm:grid-cols-3 sm:gap-4">
        {figure(t('shop.queue.place'), formatCount(language, position.place ?? 0))}
        {figure(t('shop.queue.ahead'), formatCount(language, position.ahead ?? 0))}
        {figure(t('shop.queue.wait'), <Wait seconds={position.expected_wait_seconds} />, 'max-sm:col-span-2')}
      </dl>
      <div className="reading grid gap-2">
        <h2 className="text-xl">{t('shop.queue.next')}</h2>
        <p className="text-soft">{t('shop.queue.next_text')}</p>
      </div>
    </div>
  )
}

function Wait ({ seconds }: { seconds: number | null }) {
  const t = useT()
  if (seconds === null) return <>{t('shop.queue.wait_unknown')}</>
  if (seconds < 60) return <>{t('shop.queue.wait_short')}</>
  return <>{t('shop.queue.wait_minutes', { count: Math.ceil(seconds / 60) })}</>
}

/** What lets anybody check the draw later. */
export function DrawProof ({ queue: { draw } }: { queue: Queue }) {
  const t = useT()
  return (
    <details className="reading text-left">
      <summary className="link min-h-11 cursor-pointer content-center">{t('shop.queue.proof')}</summary>
      <div className="grid gap-3 pt-2">
        <p>{t(draw.key ? 'shop.queue.proof_after' : 'shop.queue.proof_before')}</p>
        <p><strong>{t('shop.queue.key_hash')}</strong><br /><code className="break-all">{draw.key_hash}</code></p>
        {draw.key && <p><strong>{t('shop.queue.key')}</strong><br /><code className="break-all">{draw.key}</code></p>}
      </div>
    </details>
  )
}
