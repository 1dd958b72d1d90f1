import { problemIs } from '@fermata/contracts/client'
import { getEvent } from '@fermata/contracts/events'
import { joinQueue, queueClosed } from '@fermata/contracts/queue'
import { data, Form, Link, redirect, useRevalidator } from 'react-router'
import type { Route } from './+types/queue'
import { translators } from '../i18n/translators.server.ts'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, refusal } from '../server/answers.server.ts'
import { refuse } from '../server/forms.server.ts'
import { keepPlace, placeFrom, requireVisitor } from '../server/queue-cookies.server.ts'
import { api } from '../server/session.server.ts'
import { visitorOf } from '../server/web-request.server.ts'
import { FormMessage } from '../ui/field.tsx'
import { HeldNote } from '../ui/held-note.tsx'
import { LookAgainIn } from '../ui/look-again.tsx'
import { PageTitle } from '../ui/page-title.tsx'
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
export async function action ({ context, params }: Route.ActionArgs) {
  const { t } = translators[context.get(visitorOf).language]
  const call = api(context)
  const event = bodyOf(context, await call(getEvent, { params: { id: params.slug } }))
  const token = placeFrom(context, event.id)
  const answer = await call(joinQueue, { params: { event_id: event.id },
    body: { visitor: requireVisitor(context), ...(token && { token }) } })
  if (answer.ok) {
    keepPlace(context, event.id, answer.body.token)
    throw redirect(`/events/${event.slug}/queue`)
  }
  // The page itself says that all is sold or over.
  const text = problemIs(answer.problem, queueClosed) && answer.problem.reason === 'full'
    ? t('shop.queue.closed_full') : t('shop.queue.busy')
  if (answer.status !== 409 && answer.status !== 503) throw refusal(context, answer)
  return data(refuse(t, {}, {}, text), { status: answer.status })
}

export default function WaitingRoom ({ loaderData, actionData }: Route.ComponentProps) {
  const { event, queue, position } = loaderData
  const t = useT()
  const { revalidate } = useRevalidator()
  const status = position?.status ?? null
  return (
    <div className="wrap grid justify-items-center gap-6 py-12 text-center">
      <PageTitle>{`${t('shop.queue.title')}: ${event.title}`}</PageTitle>
      <p className="eyebrow">{t('shop.queue.title')}</p>
      <p className="text-lg font-bold">{event.title}</p>
      <HeldNote className={`w-32 text-strong ${status === 'in_line' ? 'pulse' : ''}`} />
      <FormMessage answer={actionData} />
      <QueueState page={loaderData} on_end={() => void revalidate()} />
      {canJoin(loaderData) && (
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
      {status !== 'closed' && status !== 'missed' && (
        <LookAgainIn ms={position?.poll_after_ms ?? queue.poll_after_ms} />
      )}
    </div>
  )
}

function canJoin ({ queue, position }: QueuePage): boolean {
  if (queue.state === 'closed' || queue.state === 'sold_out') return false
  return position === null || position.status === 'missed'
}
