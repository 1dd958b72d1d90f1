import { redirect } from 'react-router'
import type { Route } from './+types/processing'
import { useT } from '../i18n/translator.tsx'
import { HeldNote } from '../ui/held-note.tsx'
import { LookAgain } from '../ui/look-again.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { lastPayment, loadOrder } from './order-access.server.ts'
import { situationOf } from './order-situation.ts'

export async function loader ({ context, params }: Route.LoaderArgs) {
  const order = await loadOrder(context, params.id)
  if (order.status !== 'pending') throw redirect(`/orders/${order.id}`)
  const payment = await lastPayment(context, order.id)
  if (!payment || payment.status === 'failed') throw redirect(`/orders/${order.id}/pay`)
  return { id: order.id, situation: situationOf(order, payment) }
}

export default function Processing ({ loaderData }: Route.ComponentProps) {
  const { situation } = loaderData
  const t = useT()
  return (
    <div className="wrap grid justify-items-center gap-5 py-16 text-center">
      <PageTitle>{t(`shop.order.is.${situation}.title`)}</PageTitle>
      <HeldNote className="pulse w-44 text-strong" />
      <div role="status" className="grid gap-3">
        <h1 className="text-3xl">{t(`shop.order.is.${situation}.title`)}</h1>
        <p className="max-w-prose text-lg text-soft">{t(`shop.order.is.${situation}.text`)} {t('shop.processing.text')}</p>
      </div>
      <a href={`/orders/${loaderData.id}/processing`} className="button button-quiet">{t('shop.processing.look')}</a>
      <LookAgain />
    </div>
  )
}
