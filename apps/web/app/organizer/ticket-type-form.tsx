import { Form } from 'react-router'
import { useT } from '../i18n/translator.tsx'
import type { FormAnswer, InputRules } from '../server/forms.server.ts'
import { Field, FormMessage } from '../ui/field.tsx'

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
        <Field {...of('sales_start')} type="datetime-local" label={t('organizer.types.sales_start')} />
        <Field {...of('sales_end')} type="datetime-local" label={t('organizer.types.sales_end')} />
        <p className="hint sm:col-span-2">{t('organizer.types.sales_hint', { zone: event.timezone })}</p>
      </div>
      <p><button type="submit" className="button">{submit}</button></p>
    </Form>
  )
}
