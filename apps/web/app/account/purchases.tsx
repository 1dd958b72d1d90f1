import { listMyPurchases, type Purchase } from '@fermata/contracts/users'
import { Link } from 'react-router'
import type { Route } from './+types/purchases'
import { useT } from '../i18n/translator.tsx'
import { bodyOf, requirePerson } from '../server/answers.server.ts'
import { api } from '../server/session.server.ts'
import { Empty } from '../ui/empty.tsx'
import { NextPage } from '../ui/next-page.tsx'
import type { OrderLabel } from '../shop/order-situation.ts'
import { orderLooks } from '../ui/order-looks.ts'
import { PageTitle } from '../ui/page-title.tsx'
import { DateText, Price } from '../ui/values.tsx'

export async function loader ({ context, url }: Route.LoaderArgs) {
  requirePerson(context)
  const cursor = url.searchParams.get('cursor') ?? undefined
  return bodyOf(context, await api(context)(listMyPurchases, { query: { cursor } }))
}

/** What is kept of a purchase here tells its state, and whether there was anything to pay. */
const wordOf = ({ status, total_minor }: Purchase): OrderLabel => {
  if (total_minor > 0) return status
  return status === 'completed' ? 'free' : status === 'refunded' ? 'withdrawn' : status
}

const price = ({ total_minor, currency }: Purchase) =>
  <Price minor={total_minor} currency={currency} />

export default function Purchases ({ loaderData: { items, next_cursor } }: Route.ComponentProps) {
  const t = useT()
  return (
    <div className="grid gap-6">
      <PageTitle>{t('account.purchases.title')}</PageTitle>
      <h1>{t('account.purchases.title')}</h1>
      {items.length === 0 ? <Empty title={t('account.purchases.empty_title')} text={t('account.purchases.empty_text')} /> : (
        <ul className="panel grid py-2!">
          {items.map(purchase => (
            <li key={purchase.order_id} className="grid gap-x-6 gap-y-1 border-b border-line py-4 last:border-0 sm:grid-cols-[1fr_auto]">
              <div>
                <h2 className="text-lg"><Link className="link" to={`/orders/${purchase.order_id}`}>{purchase.event_title}</Link></h2>
                <p className="hint">
                  {purchase.starts_at && purchase.timezone
                    && <DateText at={purchase.starts_at} zone={purchase.timezone} style="day_time" />}
                  {purchase.city && ` · ${purchase.city}`}
                </p>
                <p className="hint">
                  <span className="font-mono">{purchase.code}</span> · <DateText at={purchase.purchased_at} zone={purchase.timezone ?? 'UTC'} style="day" />
                </p>
              </div>
              <p className="flex items-center gap-3 sm:flex-col sm:items-end sm:gap-1">
                <strong>{t('account.purchases.count', { count: purchase.ticket_count })} · {price(purchase)}</strong>
                <span className={orderLooks[wordOf(purchase)]}>{t(`shop.order.status.${wordOf(purchase)}`)}</span>
              </p>
            </li>
          ))}
        </ul>
      )}
      <NextPage next_cursor={next_cursor} />
    </div>
  )
}
