import type { FairShares } from '@fermata/contracts/orders'
import { Form } from 'react-router'
import { useT } from '../i18n/translator.tsx'
import type { FormAnswer } from '../server/forms.server.ts'
import { Field, FormMessage } from '../ui/field.tsx'

/** How much one network and one person may have of the event. */
export function FairSharesForm ({ shares, answer }: { shares: FairShares, answer?: FormAnswer }) {
  const t = useT()
  const values = answer?.problem ? answer.values : {
    network_share_percent: String(shares.network_share_percent),
    max_per_buyer: shares.max_per_buyer === null ? '' : String(shares.max_per_buyer),
  }
  return (
    <section className="panel grid gap-5" aria-labelledby="shares">
      <div className="grid gap-1">
        <h3 id="shares" className="text-xl">{t('organizer.shares.title')}</h3>
        <p className="hint">{t('organizer.shares.lead')}</p>
      </div>
      <FormMessage answer={answer?.problem ? answer : undefined} />
      <Form method="post" className="grid gap-5 sm:grid-cols-2">
        <input type="hidden" name="type_id" value="shares" />
        <Field name="network_share_percent" type="number" inputMode="numeric"
          min={1} max={100} required label={t('organizer.shares.network')}
          hint={t('organizer.shares.network_hint')}
          defaultValue={values.network_share_percent}
          error={answer?.errors.network_share_percent} />
        <Field name="max_per_buyer" type="number" inputMode="numeric" min={1} max={100_000}
          label={t('organizer.shares.person')}
          hint={t(shares.is_default ? 'organizer.shares.person_default' : 'organizer.shares.person_hint')}
          defaultValue={values.max_per_buyer} error={answer?.errors.max_per_buyer} />
        <p className="sm:col-span-2">
          <button type="submit" name="intent" value="shares" className="button">{t('shell.save')}</button>
        </p>
      </Form>
    </section>
  )
}
