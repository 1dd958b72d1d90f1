import { Form } from 'react-router'
import { useT } from '../i18n/translator.tsx'
import type { FormAnswer } from '../server/forms.server.ts'
import { Field, FormMessage, SelectField } from '../ui/field.tsx'
import { TimeField } from './time-field.tsx'

interface PromoCodeFormProps {
  /** Absent for a new one. */
  promo_id?: string
  event: { currency: string, timezone: string }
  types: readonly { id: string, name: string }[]
  texts: Record<string, string>
  answer: FormAnswer | undefined
  submit: string
}

export function PromoCodeForm (
  { promo_id, event, types, texts, answer, submit }: PromoCodeFormProps) {
  const t = useT()
  const values = answer?.problem ? { ...answer.values } : texts
  const of = (name: string) => ({ name, defaultValue: values[name], error: answer?.errors[name] })
  // Types that have no box here, such as removed ones: without them the code would be for all.
  const shown = types.length > 1 ? types : []
  const hidden = Object.keys(texts).filter(name =>
    name.startsWith('type_') && !shown.some(({ id }) => name === `type_${id}`))
  return (
    <Form method="post" className="grid gap-5">
      {answer?.problem && <FormMessage answer={answer} />}
      {promo_id && <input type="hidden" name="promo_id" value={promo_id} />}
      {values.idempotency_key && (
        <input type="hidden" name="idempotency_key" value={values.idempotency_key} />
      )}
      {promo_id && <input type="hidden" name="code" value={texts.code} />}
      <div className="grid gap-5 sm:grid-cols-2">
        {!promo_id && (
          <Field {...of('code')} required minLength={3} maxLength={40} pattern="[A-Za-z0-9_\-]+" autoComplete="off"
            label={t('organizer.promos.code')} hint={t('organizer.promos.code_hint')} className="sm:col-span-2" />
        )}
        <Field {...of('percent')} type="number" inputMode="numeric" min={1} max={100} label={t('organizer.promos.percent')} />
        <Field {...of('amount')} inputMode="decimal" maxLength={20}
          label={t('organizer.promos.amount', { currency: event.currency })} />
        <Field {...of('max_uses')} type="number" inputMode="numeric" min={1}
          label={t('organizer.promos.max_uses')} hint={t('organizer.promos.max_uses_hint')} />
        {!promo_id && (
          <SelectField {...of('counts')} label={t('organizer.promos.counts')} options={[
            { value: 'orders', text: t('organizer.promos.counts_orders') },
            { value: 'tickets', text: t('organizer.promos.counts_tickets') },
          ]} />
        )}
        <TimeField {...of('valid_from')} values={values} label={t('organizer.promos.from')} />
        <TimeField {...of('valid_until')} values={values} label={t('organizer.promos.until')} />
      </div>
      {shown.length > 0 && (
        <fieldset className="grid gap-2">
          <legend className="font-bold">{t('organizer.promos.types')}</legend>
          <p className="hint">{t('organizer.promos.types_hint')}</p>
          {shown.map(({ id, name }) => (
            <label key={id} className="flex min-h-11 items-center gap-3">
              <input type="checkbox" name={`type_${id}`} defaultChecked={Boolean(values[`type_${id}`])} />
              {name}
            </label>
          ))}
        </fieldset>
      )}
      {hidden.map(name => <input key={name} type="hidden" name={name} value="on" />)}
      <p><button type="submit" className="button">{submit}</button></p>
    </Form>
  )
}
