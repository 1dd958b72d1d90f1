import type { Attendance } from '@fermata/contracts/events'
import { useT } from '../i18n/translator.tsx'

type Types = Attendance['ticket_types']

/** Sold and held as parts of each type's seats. The table beside it says the same in numbers. */
export function SalesBars ({ types }: { types: Types }) {
  const t = useT()
  return (
    <figure className="grid gap-3">
      <figcaption className="sr-only">{t('organizer.sales.chart')}</figcaption>
      <ul className="grid gap-4">
        {types.map(type => <Bar key={type.ticket_type_id} type={type} />)}
      </ul>
      <p aria-hidden="true" className="flex flex-wrap gap-x-5 gap-y-1 pt-1 text-sm">
        <Key look="bg-ink" text={t('organizer.sales.sold')} />
        <Key look="bg-brass" text={t('organizer.sales.held')} />
        <Key look="border border-strong bg-sunken" text={t('organizer.sales.free')} />
      </p>
    </figure>
  )
}

function Bar ({ type }: { type: Types[number] }) {
  const t = useT()
  const { name, sold, held, capacity } = type
  const free = Math.max(0, capacity - sold - held)
  // A sold ticket is always to be seen, were it one of fifty thousand.
  const part = (count: number) => count === 0 ? 0
    : Math.max(0.6, 100 * count / Math.max(1, capacity))
  return (
    <li className="grid gap-1">
      <span className="font-semibold" aria-hidden="true">{name}</span>
      <svg role="img" aria-label={t('organizer.sales.bar', { name, sold, held, free })} viewBox="0 0 100 4" preserveAspectRatio="none"
        className="h-6 w-full rounded-md">
        <rect width="100" height="4" className="fill-sunken" />
        <rect width={part(sold)} height="4" className="fill-ink" />
        <rect x={part(sold)} width={part(held)} height="4" className="fill-brass" />
      </svg>
    </li>
  )
}

function Key ({ look, text }: { look: string, text: string }) {
  return <span className="flex items-center gap-2"><span className={`h-3.5 w-3.5 rounded-sm ${look}`} />{text}</span>
}
