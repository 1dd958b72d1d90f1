import { getOrder, type Order } from '@fermata/contracts/orders'
import { listPayments, type Payment } from '@fermata/contracts/payments'
import { redirect, type RouterContextProvider } from 'react-router'
import { bodyOf } from '../server/answers.server.ts'
import { keepOrderToken } from '../server/cookies.server.ts'
import { newCookies, orderApi, pageUrl } from '../server/session.server.ts'
import { visitorOf, webRequest } from '../server/web-request.server.ts'

type Context = Readonly<RouterContextProvider>

const max_token_length = 2000

/**
 * The link in the mail carries the order's token: it moves to a cookie, so that the address may be
 * shown and shared.
 */
export function acceptLink (context: Context, order_id: string): void {
  const url = context.get(pageUrl)
  const token = url.searchParams.get('token')
  if (token === null) return
  if (token.length > 0 && token.length <= max_token_length) {
    const { cookies } = context.get(visitorOf)
    context.get(newCookies).push(...keepOrderToken(cookies, order_id, token,
      context.get(webRequest).is_secure))
  }
  throw redirect(url.pathname)
}

export async function loadOrder (context: Context, order_id: string): Promise<Order> {
  acceptLink(context, order_id)
  return bodyOf(context, await orderApi(context, order_id)(getOrder, { params: { id: order_id } }))
}

/** The newest payment of an order; null when none was tried. */
export async function lastPayment (context: Context, order_id: string): Promise<Payment | null> {
  const page = bodyOf(context,
    await orderApi(context, order_id)(listPayments, { query: { order_id, limit: 1 } }))
  return page.items[0] ?? null
}
