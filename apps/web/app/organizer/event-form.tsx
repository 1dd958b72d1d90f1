import type { ReactNode } from 'react'
import { Form } from 'react-router'
import { useT } from '../i18n/translator.tsx'
import type { FormAnswer } from '../server/forms.server.ts'
import { AreaField, Field, FormMessage, SelectField } from '../ui/field.tsx'
import { TimeField } from './time-field.tsx'
import type { FormOptions } from './event-form.server.ts'

interface EventFormProps {
  options: FormOptions
  texts: Record<string, string>
  answer: FormAnswer | undefined
  submit: string
}

/**
 * All of an event on one page in four steps; what was typed comes back when something is missing.
 */
export function EventForm ({ options, texts, answer, submit }: EventFormProps) {
  const t = useT()
  const values = answer?.problem ? answer.values : texts
  const of = (name: string) => ({ name, defaultValue: values[name], error: answer?.errors[name],
    ...options.rules[name] })
  return (
    <Form method="post" className="reading grid gap-6">
      <FormMessage answer={answer} />
      {values.idempotency_key && <input type="hidden" name="idempotency_key" value={values.idempotency_key} />}
      {values.version && <input type="hidden" name="version" value={values.version} />}
      <Step title={t('organizer.form.what')}>
        <Field {...of('title')} label={t('organizer.form.name')} className="sm:col-span-2" />
        <AreaField {...of('description')} label={t('organizer.form.description')} hint={t('organizer.form.description_hint')} rows={7} className="sm:col-span-2" />
        <SelectField {...of('category')} label={t('organizer.form.category')}
          options={options.categories.map(category => ({ value: category, text: t(`shop.category.${category}`) }))} />
      </Step>
      <Step title={t('organizer.form.when')}>
        <TimeField {...of('starts_at')} maxLength={undefined} values={values} label={t('organizer.form.starts')} />
        <TimeField {...of('ends_at')} maxLength={undefined} values={values} label={t('organizer.form.ends')} />
        <Field {...of('timezone')} list="zones" autoComplete="off" label={t('organizer.form.zone')} hint={t('organizer.form.zone_hint')} className="sm:col-span-2" />
        <datalist id="zones">{options.zones.map(zone => <option key={zone} value={zone}>{zone}</option>)}</datalist>
      </Step>
      <Step title={t('organizer.form.where')}>
        <Field {...of('venue.name')} label={t('organizer.form.venue_name')} className="sm:col-span-2" />
        <Field {...of('venue.address')} label={t('organizer.form.address')} className="sm:col-span-2" />
        <Field {...of('venue.city')} label={t('organizer.form.city')} />
        <SelectField {...of('venue.country')} label={t('organizer.form.country')}
          options={[{ value: '', text: t('organizer.form.country_hint') }, ...options.countries]} />
      </Step>
      <Step title={t('organizer.form.tickets')}>
        <SelectField {...of('currency')} label={t('organizer.form.currency')}
          options={options.currencies.map(code => ({ value: code, text: code }))} />
        <Field {...of('ticket_capacity')} type="number" inputMode="numeric" min={1} label={t('organizer.form.capacity')} hint={t('organizer.form.capacity_hint')} />
      </Step>
      <p><button type="submit" className="button button-large">{submit}</button></p>
    </Form>
  )
}

function Step ({ title, children }: { title: string, children: ReactNode }) {
  return (
    <fieldset className="panel">
      <legend className="sr-only">{title}</legend>
      <div className="grid gap-5 sm:grid-cols-2">
        <p aria-hidden="true" className="text-xl font-bold tracking-tight sm:col-span-2">{title}</p>
        {children}
      </div>
    </fieldset>
  )
}
