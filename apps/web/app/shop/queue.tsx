import { problemIs, type ProblemBody } from '@fermata/contracts/client'
import { getEvent } from '@fermata/contracts/events'
import {
  alreadyJoined, joinPaced, joinPriced, joinQueue, networkFull, queueClosed,
} from '@fermata/contracts/queue'
import { data, Form, Link, redirect, useRevalidator } from 'react-router'
import type { Route } from './+types/queue'
import { translators } from '../i18n/translators.server.ts'
import type { Translate } from '../i18n/translate.ts'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, refusal } from '../server/answers.server.ts'
import { refuse, textsOf, type FormAnswer } from '../server/forms.server.ts'
import { keepPlace, placeFrom, requireVisitor } from '../server/queue-cookies.server.ts'
import { api } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { FormMessage } from '../ui/field.tsx'
import { HeldNote } from '../ui/held-note.tsx'
import { LookAgainIn } from '../ui/look-again.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { PriceOfPlace, type JoinPrice } from './join-price.tsx'
import { DrawProof, QueueState } from './queue-state.tsx'
import { loadQueue } from './queue-place.server.ts'

export async function loader ({ context, params }: Route.LoaderArgs) {
  const event = bodyOf(context, await api(context)(getEvent, { params: { id: params.slug } }))
  const view = await loadQueue(context, event.id)
  if (!view) throw redirect(`/events/${event.slug}#tickets`)
  const { slug, title, timezone } = event
  return { event: { slug, title, timezone }, ...view }
}
export type QueuePage = Awaited<ReturnType<typeof loader>>

/** Takes a place, or a new one when the old is good for nothing any more. */
export async function action ({ context, params, request }: Route.ActionArgs) {
  const { t } = translators[context.get(visitorOf).language]
  const call = api(context)
  const event = bodyOf(context, await call(getEvent, { params: { id: params.slug } }))
  const token = placeFrom(context, event.id)
  const payment = paymentIn(textsOf(await request.formData()))
  const answer = await call(joinQueue, { params: { event_id: event.id },
    body: { visitor: requireVisitor(context), ...(token && { token }), ...payment.body } })
  if (answer.ok) {
    keepPlace(context, event.id, answer.body.token)
    throw redirect(`/events/${event.slug}/queue`)
  }
  const { problem, status } = answer
  if (problemIs(problem, joinPriced)) {
    const { challenge, bits, wait_seconds } = problem
    return data(withPrice({ challenge, bits, wait_seconds }), { status })
  }
  if (problemIs(problem, joinPaced) && payment.body.challenge !== undefined) {
    const wait_seconds = Number(answer.headers.get('retry-after') ?? 1)
    return data(withPrice({ challenge: payment.body.challenge, bits: 0, wait_seconds,
      ...(payment.nonce !== undefined && { nonce: payment.nonce }) }), { status })
  }
  if (status !== 409 && status !== 503) throw refusal(context, answer)
  return data({ ...refuse(t, {}, {}, refusalText(t, problem)), price: null }, { status })
}

const withPrice = (price: JoinPrice): FormAnswer & { price: JoinPrice } =>
  ({ values: {}, errors: {}, price })

/** The page itself says that all is sold or over. */
function refusalText (t: Translate, problem: ProblemBody): string {
  if (problemIs(problem, alreadyJoined)) return t('shop.queue.already_joined')
  if (problemIs(problem, networkFull)) return t('shop.queue.network_full')
  return problemIs(problem, queueClosed) && problem.reason === 'full'
    ? t('shop.queue.closed_full') : t('shop.queue.busy')
}

/** What was done for the place; what does not look like it is left out. */
function paymentIn ({ challenge = '', nonce = '' }: Record<string, string>) {
  if (!/^fc_[\w-]{1,57}$/.test(challenge)) return { body: {} }
  if (!/^\d{1,9}$/.test(nonce)) return { body: { challenge } }
  return { body: { challenge, nonce: Number(nonce) }, nonce }
}

export default function WaitingRoom ({ loaderData, actionData }: Route.ComponentProps) {
  const { event, queue, position } = loaderData
  const t = useT()
  const { revalidate } = useRevalidator()
  const status = position?.status ?? null
  const price = canJoin(loaderData) ? actionData?.price ?? null : null
  return (
    <div className="wrap grid justify-items-center gap-6 py-12 text-center">
      <PageTitle>{t('shell.labelled', { label: t('shop.queue.title'), text: event.title })}</PageTitle>
      <p className="eyebrow">{t('shop.queue.title')}</p>
      <p className="text-lg font-bold">{event.title}</p>
      <HeldNote className={`w-32 text-strong ${status === 'in_line' ? 'pulse' : ''}`} />
      <FormMessage answer={actionData} />
      <QueueState page={loaderData} on_end={() => void revalidate()} />
      {/* Always there, so that what is written into it is read out. */}
      <p role="status" className={price ? 'notice reading' : 'contents'}>
        {price && t('shop.queue.price_text')}
      </p>
      {price && <PriceOfPlace price={price} />}
      {!price && canJoin(loaderData) && (
        <Form method="post">
          <button type="submit" className="button button-large">
            {t(status === 'missed' ? 'shop.queue.again' : 'shop.queue.enter')}
          </button>
        </Form>
      )}
      {position && status !== 'your_turn' && status !== 'closed' && (
        <p className="hint reading">{t('shop.queue.keep_text')}</p>
      )}
      <p className="flex flex-wrap justify-center gap-4">
        {status !== 'your_turn' && (
          <a href={`/events/${event.slug}/queue`} className="link">{t('shop.queue.look')}</a>
        )}
        <Link to={`/events/${event.slug}`} className="link">{t('shop.queue.back')}</Link>
      </p>
      <DrawProof queue={queue} />
      {!price && status !== 'closed' && status !== 'missed' && (
        <LookAgainIn ms={position?.poll_after_ms ?? queue.poll_after_ms} />
      )}
    </div>
  )
}

function canJoin ({ queue, position }: QueuePage): boolean {
  if (queue.state === 'closed' || queue.state === 'sold_out') return false
  return position === null || position.status === 'missed'
}
