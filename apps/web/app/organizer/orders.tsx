import { listOrders, OrderStatus } from '@fermata/contracts/orders'
import { Form } from 'react-router'
import type { Route } from './+types/orders'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, requirePerson } from '../server/answers.server.ts'
import { api } from '../server/session.server.ts'
import { NextPage } from '../ui/next-page.tsx'
import { labelOf } from '../shop/order-situation.ts'
import { orderLooks } from '../ui/order-looks.ts'
import { LocalTime, Price } from '../ui/values.tsx'

const page_size = 50

export async function loader ({ context, params, url }: Route.LoaderArgs) {
  requirePerson(context, 'event_creator', 'admin')
  const status = OrderStatus.enum.find(one => one === url.searchParams.get('status'))
  const cursor = url.searchParams.get('cursor') ?? undefined
  const query = { event_id: params.id, status, cursor, limit: page_size }
  const page = bodyOf(context, await api(context)(listOrders, { query }))
  return { ...page, status: status ?? '', states: OrderStatus.enum }
}

export default function EventOrders ({ loaderData }: Route.ComponentProps) {
  const { items, next_cursor, status, states } = loaderData
  const t = useT()
  return (
    <section className="grid gap-5" aria-labelledby="orders">
      <div className="flex flex-wrap items-end justify-between gap-4">
        <h2 id="orders">{t('organizer.orders.title')}</h2>
        <Form method="get" className="flex items-end gap-3" key={status}>
          <div className="field">
            <label htmlFor="status">{t('organizer.orders.filter')}</label>
            <select id="status" name="status" className="input" defaultValue={status}>
              <option value="">{t('organizer.orders.any')}</option>
              {states.map(state => <option key={state} value={state}>{t(`shop.order.status.${state}`)}</option>)}
            </select>
          </div>
          <button type="submit" className="button button-quiet">{t('organizer.orders.apply')}</button>
        </Form>
      </div>
      {items.length === 0 ? <p className="panel text-soft">{t('organizer.orders.empty')}</p> : (
        <ul className="card">
          {items.map(order => (
            <li key={order.id} className="grid gap-x-6 gap-y-1 border-b border-line px-5 py-4 last:border-0 md:grid-cols-[8rem_1fr_1fr_auto]">
              <span className="font-mono font-semibold">{order.code}</span>
              <span className="grid min-w-0"><strong>{order.buyer.name}</strong><span className="hint break-all">{order.buyer.email}</span></span>
              <span>{order.items.map(item => `${item.quantity} × ${item.name}`).join(', ')}<br /><span className="hint"><LocalTime at={order.created_at} /></span></span>
              <span className="flex items-center gap-3 md:flex-col md:items-end md:gap-1">
                <strong><Price minor={order.total_minor} currency={order.currency} /></strong>
                <span className={orderLooks[labelOf(order)]}>{t(`shop.order.status.${labelOf(order)}`)}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
      <NextPage next_cursor={next_cursor} />
    </section>
  )
}
