import { useSyncExternalStore } from 'react'
import { formatDate, formatPrice, type DateStyle } from '../i18n/formats.ts'
import type { Language } from '../i18n/language.ts'
import { useTranslator } from '../i18n/translator.tsx'

/*
 * Server and browser may know another version of the world's formats (a narrow blank, a comma).
 * What the server wrote
 * stays: suppressHydrationWarning says so to React.
 */

/** A moment as people at the venue read it. */
export function DateText ({ at, zone, style }: { at: string, zone: string, style: DateStyle }) {
  const { language } = useTranslator()
  return <time dateTime={at} suppressHydrationWarning>{formatDate(language, at, zone, style)}</time>
}

/** An amount; zero reads "Free". */
export function Price ({ minor, currency }: { minor: number, currency: string }) {
  const { language, t } = useTranslator()
  if (minor === 0) return <span>{t('shop.event.free')}</span>
  return <Amount minor={minor} currency={currency} language={language} />
}

/** An amount of money, zero included. */
export function Money ({ minor, currency }: { minor: number, currency: string }) {
  const { language } = useTranslator()
  return <Amount minor={minor} currency={currency} language={language} />
}

interface AmountProps { minor: number, currency: string, language: Language }

function Amount ({ minor, currency, language }: AmountProps) {
  return <span className="figures whitespace-nowrap" suppressHydrationWarning>{formatPrice(language, minor, currency)}</span>
}

const neverChanges = () => () => {}
const browserZone = () => new Intl.DateTimeFormat().resolvedOptions().timeZone

/**
 * A moment as the reader's own clock tells it; until the browser has said which that is, in UTC.
 */
export function LocalTime ({ at }: { at: string }) {
  const { language } = useTranslator()
  const zone = useSyncExternalStore(neverChanges, browserZone, () => 'UTC')
  const text = formatDate(language, at, zone, 'day_time')
  return <time dateTime={at} suppressHydrationWarning>{zone === 'UTC' ? `${text} UTC` : text}</time>
}
