import { decimalOf } from '@fermata/contracts/money'
import type { TicketType } from '@fermata/contracts/orders'
import { useEffect, useId, useRef, useState, type ReactNode } from 'react'
import { Form } from 'react-router'
import { formatDate, formatPrice } from '../i18n/formats.ts'
import { useT, useTranslator } from '../i18n/translator.tsx'
import { Money, Price } from '../ui/values.tsx'
import { priceOf, quantitiesOf, readChoice, type Chosen } from './choice.ts'
import type { EventPage } from './event.tsx'
import { AvailabilityNews, useLiveTypes } from './live-types.tsx'
import { SoldOut } from './sold-out.tsx'
import { isSoldOut, stateOf } from './type-state.ts'

/**
 * How many of each ticket; the choice travels in the address, so this is a plain form that fetches
 * the next page.
 */
export function TicketChoice (page: EventPage) {
  const { event, types: known, chosen, codes, is_choice_missing } = page
  const t = useT()
  const types = useLiveTypes(event.id, known)
  const [picked, setPicked] = useState(chosen)
  const form = useRef<HTMLFormElement>(null)
  // Who is faster than our script has picked already, and nobody told us.
  useEffect(() => { if (form.current) setPicked(chosenIn(form.current)) }, [])
  const total = totalOf(types, picked)
  const can_buy = types.some(type => quantitiesOf(type).length > 0)
  const currency = types[0]?.currency ?? event.currency
  return (
    <Form ref={form} method="get" action={`/events/${event.slug}/checkout`} className="panel grid gap-5"
      onChange={change => setPicked(chosenIn(change.currentTarget))}>
      {Object.entries(codes).map(([name, value]) =>
        <input key={name} type="hidden" name={name} value={value} />)}
      {is_choice_missing && <p role="alert" className="notice notice-bad">{t('shop.event.choose_first')}</p>}
      <ul className="grid">
        {types.map(type => (
          <TypeRow key={type.id} {...{ type, chosen, picked }} zone={event.timezone} />
        ))}
      </ul>
      <AvailabilityNews types={types} />
      {can_buy && (
        <Ending>
          {total !== null && total > 0 && (
            <p className="flex justify-between text-lg font-bold" aria-live="polite">
              <span>{t('shop.event.total')}</span><Money minor={total} currency={currency} />
            </p>
          )}
          <button type="submit" className="button button-large">{t('shop.event.continue')}</button>
          <p className="hint">{t('shop.event.held_note')}</p>
        </Ending>
      )}
      {!can_buy && isSoldOut(types) && <Ending><SoldOut /></Ending>}
    </Form>
  )
}

/** As high with tickets as without, so that nothing below jumps when the last one goes. */
const Ending = ({ children }: { children: ReactNode }) =>
  <div className="grid min-h-28 content-start gap-3">{children}</div>

const chosenIn = (form: HTMLFormElement): Chosen[] =>
  readChoice(new URLSearchParams([...new FormData(form)].map(([name, value]) =>
    [name, typeof value === 'string' ? value : ''])))

function totalOf (types: readonly TicketType[], chosen: readonly Chosen[]): number | null {
  const known = new Map(types.map(type => [type.id, type]))
  const quantity = chosen.reduce((sum, one) => sum + one.quantity, 0)
  if (quantity === 0) return null
  return chosen.reduce((sum, one) => {
    const type = known.get(one.ticket_type_id)
    return type ? sum + one.quantity * priceOf(type, one) : sum
  }, 0)
}

interface TypeRowProps {
  type: TicketType
  zone: string
  /** As the page began, and as it is now. */
  chosen: Chosen[]
  picked: Chosen[]
}

function TypeRow ({ type, zone, chosen, picked }: TypeRowProps) {
  const t = useT()
  const id = useId()
  const picked_now = picked.find(one => one.ticket_type_id === type.id)?.quantity ?? 0
  const quantities = withPicked(quantitiesOf(type), picked_now)
  const choice = chosen.find(one => one.ticket_type_id === type.id)
  const before = choice?.quantity ?? 0
  return (
    <li className="grid grid-cols-[1fr_auto] items-center gap-x-4 gap-y-1 border-b border-line py-4 first:pt-0 last:border-0 last:pb-0">
      <div className="grid gap-0.5">
        <h3>{type.name}</h3>
        {type.description && <p className="hint">{type.description}</p>}
        <p className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1">
          {type.pricing === 'fixed' && (
            <strong><Price minor={type.current_price_minor} currency={type.currency} /></strong>
          )}
          <Availability type={type} zone={zone} />
        </p>
        <NextPrice type={type} zone={zone} />
        {type.max_per_buyer !== null && (
          <p className="hint">{t('shop.event.buyer_limit', { count: type.max_per_buyer })}</p>
        )}
        {type.min_per_order > 1 && <p className="hint">{t('shop.event.minimum', { count: type.min_per_order })}</p>}
      </div>
      {/* The place stays when the choice goes, so that no line breaks anew. */}
      <div className="flex min-w-20 items-end gap-3">
        {quantities.length > 0 && <>
          {type.pricing === 'donation' && <Donation type={type} price={choice?.price} />}
          <label htmlFor={id} className="sr-only">{t('shop.event.quantity', { name: type.name })}</label>
          <select id={id} name={type.id} className="input w-20"
            defaultValue={quantities.includes(before) ? before : 0}>
            <option value="0">0</option>
            {quantities.map(quantity =>
              <option key={quantity} value={quantity}>{quantity}</option>)}
          </select>
        </>}
      </div>
    </li>
  )
}

/** What somebody has picked stays picked, also when others were faster: the checkout will say so. */
const withPicked = (quantities: number[], picked: number) =>
  picked === 0 || quantities.includes(picked) ? quantities : [...quantities, picked]

/** What the tickets cost after the step that counts now, so that nobody is surprised. */
function NextPrice ({ type, zone }: { type: TicketType, zone: string }) {
  const { language, t } = useTranslator()
  const step = type.tiers.find(tier => tier.price_minor === type.current_price_minor)
  if (!step || type.current_price_minor === type.price_minor || !step.until) return null
  const time = formatDate(language, step.until, zone, 'day_time')
  return <p className="hint" suppressHydrationWarning>{t('shop.event.price_until', { time })}</p>
}

/** The buyer names the price of each ticket; what is suggested is filled in. */
function Donation ({ type, price }: { type: TicketType, price: string | undefined }) {
  const { language, t } = useTranslator()
  const id = useId()
  return (
    <div className="grid justify-items-end gap-0.5">
      <label htmlFor={id} className="hint" suppressHydrationWarning>
        {type.min_price_minor > 0
          ? t('shop.event.your_price_from', {
            currency: type.currency,
              least: formatPrice(language, type.min_price_minor, type.currency) })
          : t('shop.event.your_price', { currency: type.currency })}
      </label>
      <input id={id} name={`price_${type.id}`} className="input w-28" inputMode="decimal" maxLength={20}
        defaultValue={price ?? decimalOf(Math.max(type.price_minor, type.min_price_minor),
          type.currency)} />
    </div>
  )
}

function Availability ({ type, zone }: { type: TicketType, zone: string }) {
  const { language, t } = useTranslator()
  switch (stateOf(type)) {
    case 'upcoming': {
      const time = type.sales_start ? formatDate(language, type.sales_start, zone, 'day_time') : t('shell.none')
      return <span className="badge badge-warm whitespace-normal" suppressHydrationWarning>{t('shop.event.upcoming', { time })}</span>
    }
    case 'ended': return <span className="badge">{t('shop.event.ended')}</span>
    case 'sold_out': return <span className="badge badge-bad">{t('shop.event.sold_out')}</span>
    case 'few': return <span className="badge badge-warm">{t('shop.event.available', { count: type.available })}</span>
    case 'open': return <span className="hint">{t('shop.event.in_stock')}</span>
  }
}
