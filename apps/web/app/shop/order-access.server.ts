import { getOrder, type Order } from '@fermata/contracts/orders'
import { listPayments, type Payment } from '@fermata/contracts/payments'
import { redirect, type RouterContextProvider } from 'react-router'
import { bodyOf, optional, refusal } from '../server/answers.server.ts'
import { decisiveOf } from './order-situation.ts'
import { isOrderId, keepOrderToken, mayBeToken, orderTokenFrom } from '../server/cookies.server.ts'
import {
  api, clientFor, dropOrderToken, newCookies, orderApi, pageUrl, sessionOf,
} from '../server/session.server.ts'
import { visitorOf, webRequest } from '../server/web-request.server.ts'

type Context = Readonly<RouterContextProvider>

/**
 * The link in the mail carries the order's token: it moves to a cookie, so that the address may be
 * shown and shared. Only one that opens the order is kept; with any other, whoever is signed in is
 * asked instead.
 */
export async function acceptLink (context: Context, order_id: string): Promise<void> {
  const url = context.get(pageUrl)
  const token = url.searchParams.get('token')
  if (token === null) return
  if (isOrderId(order_id) && mayBeToken(token)) {
    const answer = await clientFor(context, token)(getOrder, { params: { id: order_id } })
    if (answer.ok) {
      const { cookies } = context.get(visitorOf)
      const { is_secure } = context.get(webRequest)
      context.get(newCookies).push(...keepOrderToken(cookies, order_id, token, is_secure))
      throw redirect(url.pathname)
    }
    // The link may be as good as ever in a moment: it stays in the address.
    if (answer.status === 429 || answer.status >= 500) throw refusal(context, answer)
  }
  throw redirect(opens(context, order_id) ? url.pathname : signInWith(url.pathname))
}

/** Whether there is another way to the order than a link that does not open it. */
const opens = (context: Context, order_id: string) => context.get(sessionOf).me !== null ||
  orderTokenFrom(context.get(visitorOf).cookies, order_id) !== undefined

/** The page to sign in, which says what was wrong with the link. */
const signInWith = (path: string) => `/sign-in?bad_link=1&next=${encodeURIComponent(path)}`

export async function loadOrder (context: Context, order_id: string): Promise<Order> {
  await acceptLink(context, order_id)
  const request = { params: { id: order_id } }
  const answer = await orderApi(context, order_id)(getOrder, request)
  const has_token = orderTokenFrom(context.get(visitorOf).cookies, order_id) !== undefined
  if (!has_token || (answer.status !== 403 && answer.status !== 404)) {
    return bodyOf(context, answer)
  }
  // A token of another order, or an order that this token never opened.
  dropOrderToken(context, order_id)
  return bodyOf(context, await api(context)(getOrder, request))
}

/** The newest payment of an order; null when none was tried. */
export async function lastPayment (context: Context, order_id: string): Promise<Payment | null> {
  const page = bodyOf(context,
    await orderApi(context, order_id)(listPayments, { query: { order_id, limit: 1 } }))
  return page.items[0] ?? null
}

/** More than anybody tries while tickets are held. */
const max_payments = 50

/** The payment that says where an order's money is; undefined while payments does not answer. */
export async function decisivePayment (
  context: Context, order_id: string
): Promise<Payment | null | undefined> {
  const query = { order_id, limit: max_payments }
  const page = await optional(orderApi(context, order_id)(listPayments, { query }))
  return page ? decisiveOf(page.items) : undefined
}
