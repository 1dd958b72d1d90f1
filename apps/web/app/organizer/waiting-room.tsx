import { getEvent } from '@fermata/contracts/events'
import {
  getQueueSettings, NewQueueSettings, queueDrawn, setQueue, type QueueSettings,
} from '@fermata/contracts/queue'
import { data, Form } from 'react-router'
import type { Route } from './+types/waiting-room'
import { formatCount } from '../i18n/formats.ts'
import { translators } from '../i18n/translators.server.ts'
import { useT, useTranslator } from '../i18n/translator.tsx'
import { bodyOf, refusal, requirePerson } from '../server/answers.server.ts'
import { check, fieldsRefused, refuse, textsOf, type FormAnswer } from '../server/forms.server.ts'
import { api } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { Field, FormMessage } from '../ui/field.tsx'
import { TimeField } from './time-field.tsx'
import { fieldMoment, timeTexts } from './zones.server.ts'

const defaults = {
  max_in_checkout: '2000', pass_minutes: '10',
  free_joins_per_network: '20', max_joins_per_network: '2000',
}
const numbers = [
  'max_in_checkout', 'pass_minutes', 'free_joins_per_network', 'max_joins_per_network',
] as const

export async function loader ({ context, params }: Route.LoaderArgs) {
  requirePerson(context, 'event_creator', 'admin')
  const call = api(context)
  const { timezone } =
    bodyOf(context, await call(getEvent, { params: { id: params.id } }))
  const answer = await call(getQueueSettings, { params: { event_id: params.id } })
  // No room was ever made for it.
  const settings = !answer.ok && answer.status === 404 ? null : bodyOf(context, answer)
  return {
    timezone, settings,
    texts: settings === null ? { opens_at: '', ...defaults } : {
      ...timeTexts('opens_at', settings.opens_at, timezone),
      max_in_checkout: String(settings.max_in_checkout),
      pass_minutes: String(settings.pass_minutes),
      free_joins_per_network: String(settings.free_joins_per_network),
      max_joins_per_network: String(settings.max_joins_per_network),
    },
  }
}

/** Digits only: `Number('')` would be 0. */
const wholeOf = (text = '') => /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN

export async function action ({ context, params, request }: Route.ActionArgs) {
  requirePerson(context, 'event_creator', 'admin')
  const { t } = translators[context.get(visitorOf).language]
  const call = api(context)
  const texts = textsOf(await request.formData())
  const { timezone } = bodyOf(context, await call(getEvent, { params: { id: params.id } }))
  const body = {
    enabled: texts.intent !== 'off',
    opens_at: fieldMoment(texts, 'opens_at', timezone) ?? '',
    max_in_checkout: wholeOf(texts.max_in_checkout), pass_minutes: wholeOf(texts.pass_minutes),
    free_joins_per_network: wholeOf(texts.free_joins_per_network),
    max_joins_per_network: wholeOf(texts.max_joins_per_network),
  }
  const errors = check(t, NewQueueSettings, body)
  if (body.opens_at === '') errors.opens_at = t('errors.form.time')
  for (const name of numbers) {
    if (Number.isNaN(body[name])) errors[name] = t('errors.form.number')
  }
  if (Object.keys(errors).length > 0) return data(refuse(t, texts, errors), { status: 400 })
  const answer = await call(setQueue, { params: { event_id: params.id }, body })
  if (answer.ok) {
    const done = t(body.enabled ? 'organizer.waiting_room.saved_on' : 'organizer.waiting_room.saved_off')
    return data<FormAnswer>({ values: {}, errors: {}, done })
  }
  if (answer.problem.type === queueDrawn.type) {
    return data(refuse(t, texts, { opens_at: t('organizer.waiting_room.drawn') }), { status: 409 })
  }
  if (answer.status !== 400) throw refusal(context, answer)
  return data(refuse(t, texts, fieldsRefused(t, answer.problem)), { status: 400 })
}

export default function WaitingRoomSettings ({ loaderData, actionData }: Route.ComponentProps) {
  const { settings, timezone, texts } = loaderData
  const t = useT()
  const values: Record<string, string> = actionData?.problem ? actionData.values : texts
  const of = (name: string) =>
    ({ name, required: true, defaultValue: values[name], error: actionData?.errors[name] })
  const is_on = settings?.enabled ?? false
  return (
    <section className="reading grid gap-6" aria-labelledby="waiting-room">
      <h2 id="waiting-room">{t('organizer.waiting_room.title')}</h2>
      <p>{t('organizer.waiting_room.lead')}</p>
      <FormMessage answer={actionData} />
      <p className={`notice ${is_on ? 'notice-good' : ''}`}>
        {t(is_on ? 'organizer.waiting_room.on' : 'organizer.waiting_room.off')}
      </p>
      {settings && <Figures settings={settings} />}
      <Form method="post" className="panel grid gap-5 sm:grid-cols-2">
        <TimeField {...of('opens_at')} values={values} readOnly={Boolean(settings?.drawn_at)}
          label={t('organizer.waiting_room.opens_at')} className="sm:col-span-2"
          hint={t('organizer.waiting_room.opens_hint', { zone: timezone })} />
        <Field {...of('max_in_checkout')} type="number" inputMode="numeric" min={1} max={100_000}
          label={t('organizer.waiting_room.max')} hint={t('organizer.waiting_room.max_hint')} />
        <Field {...of('pass_minutes')} type="number" inputMode="numeric" min={1} max={60}
          label={t('organizer.waiting_room.minutes')} hint={t('organizer.waiting_room.minutes_hint')} />
        <Field {...of('free_joins_per_network')} type="number" inputMode="numeric" min={0} max={2_000_000}
          label={t('organizer.waiting_room.free')} hint={t('organizer.waiting_room.free_hint')} />
        <Field {...of('max_joins_per_network')} type="number" inputMode="numeric" min={1} max={2_000_000}
          label={t('organizer.waiting_room.most')} hint={t('organizer.waiting_room.most_hint')} />
        <p className="flex flex-wrap gap-3 sm:col-span-2">
          <button type="submit" name="intent" value="on" className="button">
            {t(is_on ? 'organizer.waiting_room.save' : 'organizer.waiting_room.switch_on')}
          </button>
          {is_on && (
            <button type="submit" name="intent" value="off" className="button button-quiet">
              {t('organizer.waiting_room.switch_off')}
            </button>
          )}
        </p>
      </Form>
    </section>
  )
}

function Figures ({ settings }: { settings: QueueSettings }) {
  const { language, t } = useTranslator()
  const figures = [
    ['joined', settings.joined], ['admitted', settings.admitted_up_to],
    ['inside', settings.in_checkout], ['speed', Math.round(settings.left_per_second * 60)],
  ] as const
  return (
    <>
      <dl className="grid grid-cols-2 gap-4 sm:grid-cols-4">
        {figures.map(([name, value]) => (
          <div key={name} className="panel grid gap-1">
            <dt className="hint">{t(`organizer.waiting_room.${name}`)}</dt>
            <dd className="figures text-2xl font-bold" suppressHydrationWarning>{formatCount(language, value)}</dd>
          </div>
        ))}
      </dl>
      <p><span className="hint">{t('organizer.waiting_room.key_hash')}</span><br />
        <code className="break-all">{settings.key_hash}</code></p>
    </>
  )
}
