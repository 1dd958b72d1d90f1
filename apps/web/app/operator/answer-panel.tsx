import { formatDate } from '../i18n/formats.ts'
import type { TextKey } from '../i18n/translate.ts'
import { useT, useTranslator } from '../i18n/translator.tsx'
import type { DoorAnswer } from './check.server.ts'

type Kind = DoorAnswer['kind']

/**
 * Colour, sign and words say the same: a glance is enough, also for who does not see green and red
 * apart.
 */
const looks: Record<Kind, { look: string, sign: 'yes' | 'look' | 'stop' | 'no', title: TextKey }> = {
  admitted: { look: 'bg-[#0a6640] text-white', sign: 'yes', title: 'door.answer.admitted' },
  admissible: { look: 'border-4 border-[#0a6640] bg-good-wash text-ink', sign: 'look', title: 'door.answer.admissible' },
  other_person: { look: 'bg-[#ffbe3d] text-[#14182a]', sign: 'stop', title: 'door.answer.other_person' },
  already: { look: 'bg-[#ffbe3d] text-[#14182a]', sign: 'stop', title: 'door.answer.already' },
  wrong_event: { look: 'bg-[#a81e2c] text-white', sign: 'no', title: 'door.answer.wrong_event' },
  void: { look: 'bg-[#a81e2c] text-white', sign: 'no', title: 'door.answer.void' },
  canceled: { look: 'bg-[#a81e2c] text-white', sign: 'no', title: 'door.answer.canceled' },
  unknown: { look: 'bg-[#a81e2c] text-white', sign: 'no', title: 'door.answer.unknown' },
  empty: { look: 'bg-sunken text-ink', sign: 'look', title: 'door.answer.empty' },
  no_address: { look: 'bg-sunken text-ink', sign: 'look', title: 'door.answer.no_address' },
  failed: { look: 'bg-sunken text-ink border-4 border-dashed border-strong', sign: 'stop', title: 'door.answer.failed' },
}

const signs = {
  yes: 'M6 17l7 7L27 9', look: 'M16 8v11M16 24v1', stop: 'M16 7v12M16 25v1', no: 'M8 8l16 16M24 8L8 24',
}

export function AnswerPanel ({ answer, zone }: { answer: DoorAnswer | undefined, zone: string }) {
  return <div role="alert" aria-live="assertive">{answer && <Panel answer={answer} zone={zone} />}</div>
}

function Panel ({ answer, zone }: { answer: DoorAnswer, zone: string }) {
  const t = useT()
  const { look, sign, title } = looks[answer.kind]
  return (
    <div className={`flex items-center gap-5 rounded-3xl p-6 ${look}`}>
      <svg viewBox="0 0 32 32" className="h-16 w-16 shrink-0 sm:h-20 sm:w-20" aria-hidden="true" fill="none" stroke="currentColor"
        strokeWidth="4.5" strokeLinecap="round" strokeLinejoin="round">
        <path d={signs[sign]} />
      </svg>
      <div className="grid min-w-0 gap-1">
        <p className="text-[clamp(1.6rem,1.2rem+2.4vw,2.6rem)] font-extrabold leading-tight tracking-tight">{t(title)}</p>
        {answer.ticket && (
          <p className="text-lg font-semibold"><bdi>{answer.ticket.holder}</bdi> · <bdi>{answer.ticket.type}</bdi><br />
            <span className="font-mono text-base font-normal">{answer.ticket.number}</span></p>
        )}
        <Details answer={answer} zone={zone} />
        {answer.asked_for && (
          <p className="text-lg font-semibold break-words">
            {t(answer.asked_for.belongs ? 'door.answer.belongs' : 'door.answer.belongs_not',
              { email: answer.asked_for.email })}
          </p>
        )}
      </div>
    </div>
  )
}

function Details ({ answer, zone }: { answer: DoorAnswer, zone: string }) {
  const { language, t } = useTranslator()
  const { kind, admitted_at, gate, admitted_by, event_title, order } = answer
  const at = (moment: string) => formatDate(language, moment, zone, 'day_time')
  let text: string | null = null
  if (kind === 'already' && admitted_at) {
    text = admitted_by
      ? t('door.answer.already_text', { time: at(admitted_at), gate: gate ?? '', name: admitted_by })
      : t('door.answer.already_short', { time: at(admitted_at), gate: gate ?? '' })
  }
  if (kind === 'wrong_event' && event_title) text = t('door.answer.wrong_event_text', { title: event_title })
  if (kind === 'void') text = t(order ? `door.order.${order}` : 'door.answer.void_text')
  if (kind === 'unknown') text = t('door.answer.unknown_text')
  if (kind === 'failed') text = t('door.answer.failed_text')
  return text === null ? null : <p className="text-lg" suppressHydrationWarning>{text}</p>
}
