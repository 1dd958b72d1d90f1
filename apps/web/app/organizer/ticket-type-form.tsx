import { Form } from 'react-router'
import { useT } from '../i18n/translator.tsx'
import type { FormAnswer, InputRules } from '../server/forms.server.ts'
import { Field, FormMessage, SelectField } from '../ui/field.tsx'
import { TimeField } from './time-field.tsx'

interface TicketTypeFormProps {
  /** Absent for a new one. */
  type_id?: string
  event: { currency: string, timezone: string, price_example: string }
  rules: Record<string, InputRules>
  texts: Record<string, string>
  answer: FormAnswer | undefined
  submit: string
}

export function TicketTypeForm ({ type_id, event, rules, texts, answer,
  submit }: TicketTypeFormProps) {
  const t = useT()
  const values = answer?.problem ? answer.values : texts
  const of = (name: string) => ({ name, defaultValue: values[name], error: answer?.errors[name] })
  return (
    <Form method="post" className="grid gap-5">
      {answer?.problem && <FormMessage answer={answer} />}
      {values.idempotency_key && <input type="hidden" name="idempotency_key" value={values.idempotency_key} />}
      {type_id && <input type="hidden" name="type_id" value={type_id} />}
      <div className="grid gap-5 sm:grid-cols-2">
        <Field {...of('name')} {...rules.name} label={t('organizer.types.name')} hint={t('organizer.types.name_hint')} className="sm:col-span-2" />
        <Field {...of('price')} required inputMode="decimal" maxLength={20}
          label={t('organizer.types.price', { currency: event.currency })}
          hint={t('organizer.types.price_hint', { example: event.price_example })} />
        <Field {...of('capacity')} {...rules.capacity} type="number" inputMode="numeric" label={t('organizer.types.capacity')} />
        <Field {...of('description')} maxLength={2000} label={t('organizer.types.description')} className="sm:col-span-2" />
        <Field {...of('min_per_order')} type="number" inputMode="numeric" min={1} max={100} required label={t('organizer.types.min')} />
        <Field {...of('max_per_order')} type="number" inputMode="numeric" min={1} max={100} required label={t('organizer.types.max')} />
        <TimeField {...of('sales_start')} values={values} label={t('organizer.types.sales_start')} />
        <TimeField {...of('sales_end')} values={values} label={t('organizer.types.sales_end')} />
        <p className="hint sm:col-span-2">{t('organizer.types.sales_hint', { zone: event.timezone })}</p>
      </div>
      <SaleRules values={values} errors={answer?.errors ?? {}} currency={event.currency} />
      <p><button type="submit" className="button">{submit}</button></p>
    </Form>
  )
}

type Texts = Record<string, string>

/** What most ticket types do not need: folded away until one does. */
function SaleRules (
  { values, errors, currency }: { values: Texts, errors: Texts, currency: string }) {
  const t = useT()
  const of = (name: string) => ({ name, defaultValue: values[name], error: errors[name] })
  const names = ['max_per_buyer', 'access_code', 'min_price', 'tiers']
  const is_used = values.pricing === 'donation' || Boolean(values.tier_price_0) ||
    names.some(name => Boolean(values[name] || errors[name]))
  return (
    <details open={is_used}>
      <summary className="link min-h-11 cursor-pointer content-center">{t('organizer.types.rules')}</summary>
      <div className="grid gap-5 pt-3 sm:grid-cols-2">
        <Field {...of('max_per_buyer')} type="number" inputMode="numeric" min={1} max={1000}
          label={t('organizer.types.max_per_buyer')} hint={t('organizer.types.max_per_buyer_hint')} />
        <Field {...of('access_code')} minLength={6} maxLength={64} autoComplete="off"
          label={t('organizer.types.access_code')} hint={t('organizer.types.access_code_hint')} />
        <SelectField {...of('pricing')} label={t('organizer.types.pricing')} options={[
          { value: 'fixed', text: t('organizer.types.pricing_fixed') },
          { value: 'donation', text: t('organizer.types.pricing_donation') },
        ]} />
        <Field {...of('min_price')} inputMode="decimal" maxLength={20}
          label={t('organizer.types.min_price', { currency })} hint={t('organizer.types.min_price_hint')} />
        <PriceSteps values={values} error={errors.tiers} currency={currency} />
      </div>
    </details>
  )
}

const least_rows = 2
const most_rows = 10

/** One row for each step there is, and one or two empty ones. */
function PriceSteps (
  { values, error, currency }: { values: Texts, error: string | undefined, currency: string }) {
  const t = useT()
  const used = Object.keys(values).filter(name => name.startsWith('tier_price_') && values[name]).length
  const rows = Math.min(most_rows, Math.max(least_rows, used + 1))
  return (
    <fieldset className="grid gap-3 sm:col-span-2">
      <legend className="font-bold">{t('organizer.types.tiers')}</legend>
      <p className="hint">{t('organizer.types.tiers_hint')}</p>
      {error && <p className="field-error" role="alert">{error}</p>}
      {Array.from({ length: rows }, (_, index) => {
        const of = (name: string) =>
          ({ name: `tier_${name}_${index}`, defaultValue: values[`tier_${name}_${index}`] })
        return (
          <div key={index} className="grid gap-3 sm:grid-cols-3">
            <Field {...of('price')} inputMode="decimal" maxLength={20} label={t('organizer.types.tier_price', { currency })} />
            <TimeField {...of('until')} values={values} label={t('organizer.types.tier_until')} />
            <Field {...of('sold')} type="number" inputMode="numeric" min={1} label={t('organizer.types.tier_sold')} />
          </div>
        )
      })}
    </fieldset>
  )
}
