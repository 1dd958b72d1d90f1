import * as auth from '@fermata/contracts/auth'
import {
  getMail, listMailbox, listNotifications, sendNotification,
} from '@fermata/contracts/notifications'
import * as orders from '@fermata/contracts/orders'
import { startPayment } from '@fermata/contracts/payments'
import { listTickets } from '@fermata/contracts/tickets'
import { listMyPurchases } from '@fermata/contracts/users'
import {
  start_within_ms, startInstallation, type Installation,
} from '@fermata/testkit/installation'
import { createDataFolder } from '@fermata/testkit/server-process'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { figure } from '../proofs/proof.ts'
import { eventually, must, putOnSale, signIn } from './sell.ts'

/**
 * Somebody registers with a guest's address; the guest, who has the mailbox, does with the mail
 * what people do. In whichever shape Fermata runs, the squatter gets nothing by it.
 */

let server: Installation
let data: Awaited<ReturnType<typeof createDataFolder>>

beforeAll(async () => {
  data = await createDataFolder()
  server = await startInstallation(data.folder)
}, start_within_ms)
afterAll(async () => {
  await server?.stop()
  await data.remove()
})

const squatters = 'a sentence of the squatter'
const owners = 'a sentence of the owner'
const patient_ms = 60_000

/** Whoever buys as a guest, and what their order's own token shows. */
async function guestOrder (email: string) {
  const call = server.callAs(await signIn(server.call, 'eventcreator'))
  const { event, ticket_type } = await putOnSale(call, {}, 'An evening of links')
  const order = await must(server.call(orders.placeOrder, { body: {
    event_id: event.id, items: [{ ticket_type_id: ticket_type.id, quantity: 1 }],
    buyer: { name: 'Gil Guest', email, locale: 'en' } } }), orders.placeOrder)
  const guest = server.callAs(order.access_token)
  await must(guest(startPayment, { body: {
    order_id: order.id, provider: 'simulated', method: { test_card: 'success' } } }), startPayment)
  const [ticket] = await eventually(async () => {
    const answer = await must(guest(listTickets, { query: { order_id: order.id } }), listTickets)
    return answer.items.length > 0 && answer.items
  }, 'a ticket', patient_ms)
  return { order, ticket: ticket! }
}

async function mailedToken (email: string, path: string): Promise<string> {
  return eventually(async () => {
    const { items } = await must(server.call(listMailbox, { query: { to: email } }), listMailbox)
    for (const { id } of items) {
      const { text } = await must(server.call(getMail, { params: { id } }), getMail)
      const token = new RegExp(`${path}\\?token=([\\w-]+)`).exec(text)?.[1]
      if (token) return token
    }
    return null
  }, `a mail with ${path}`, patient_ms)
}

const registerAs = (email: string, password: string) => must(server.call(auth.register,
  { body: { email, password, username: 'Somebody' } }), auth.register)

type Bought = Awaited<ReturnType<typeof guestOrder>>

/** All that an address could give to one of these tokens. */
async function whatTheySee (token: string, { order, ticket }: Bought) {
  const call = server.callAs(token)
  const counts = await Promise.all([
    call(orders.listOrders, { query: {} }), call(listTickets, { query: {} }),
    call(listMyPurchases, { query: {} }),
  ])
  const asked = await Promise.all([
    call(orders.getOrder, { params: { id: order.id } }),
    fetch(`${server.url}/api/tickets/${ticket.id}/pdf`,
      { headers: { authorization: `Bearer ${token}` } }),
  ])
  const listed = counts.map(answer =>
    answer.ok ? (answer.body as { items: unknown[] }).items.length : 0)
  return listed.reduce((sum, count) => sum + count, 0) + asked.filter(({ ok }) => ok).length
}

/** The squatter's tokens, as they are and renewed, and a new login with their password. */
async function tokensOf (squatter: auth.Session): Promise<string[]> {
  const renewed = await server.call(auth.refresh,
    { body: { refresh_token: squatter.refresh_token } })
  const again = await server.call(auth.login,
    { body: { email: squatter.user.email, password: squatters } })
  return [
    squatter.access_token, ...(renewed.ok ? [renewed.body.access_token] : []),
    ...(again.ok && again.body.user.id === squatter.user.id ? [again.body.access_token] : []),
  ]
}

/** What the owner of the mailbox may do with what arrives there, and what their order is worth. */
const presses: Record<string, (email: string, squatter: auth.Session) => Promise<unknown>> = {
  'presses the link': async email => {
    const token = await mailedToken(email, 'verify-email')
    const answer = await server.call(auth.verifyEmail, { body: { token } })
    expect(answer.status).toBe(403)
  },
  'opens the page and presses its button': async email => {
    const token = await mailedToken(email, 'verify-email')
    const url = `${server.url}/verify-email?token=${token}`
    expect((await fetch(url)).status).toBe(200)
    const form = new URLSearchParams({ token, way: 'login' })
    const answer = await fetch(url, { method: 'POST', body: form, headers: { origin: server.url } })
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('name="new_password"')
  },
  'takes the account with a new password': async email => {
    const token = await mailedToken(email, 'verify-email')
    await must(server.call(auth.verifyEmail, { body: { token, new_password: owners } }))
  },
  'asks for a new password': async email => {
    await must(server.call(auth.forgotPassword, { body: { email } }))
    const token = await mailedToken(email, 'reset-password')
    await must(server.call(auth.resetPassword, { body: { token, new_password: owners } }))
  },
  'registers, too, and confirms their own': async (email, squatter) => {
    const first = await mailedToken(email, 'verify-email')
    const own = await registerAs(email, owners)
    const token = await eventually(async () => {
      const newest = await mailedToken(email, 'verify-email')
      return newest !== first && newest
    }, 'a second mail', patient_ms)
    await must(server.callAs(own.access_token)(auth.verifyEmail, { body: { token } }))
    // The squatter's own link, from an open mailbox, is worth nothing any more.
    const late = await server.callAs(squatter.access_token)(
      auth.verifyEmail, { body: { token: first } })
    expect(late.status).toBe(400)
  },
}

let pressed = 0

for (const [what, press] of Object.entries(presses)) {
  test(`S33: a squatter of a guest's address sees nothing when its owner ${what}`, async () => {
    const email = `${randomUUID()}@example.com`
    const bought = await guestOrder(email)
    const squatter = await registerAs(email, squatters)

    await press(email, squatter)

    for (const token of await tokensOf(squatter)) {
      expect(await whatTheySee(token, bought), what).toBe(0)
    }
    // Nor what is written to the address, in the app.
    const admin = server.callAs(await signIn(server.call, 'admin'))
    await must(admin(sendNotification, { body: { email, title: 'For you', body: 'Alone.' } }))
    const seen = await server.callAs(squatter.access_token)(listNotifications, { query: {} })
    expect(seen.ok ? seen.body.items : []).toEqual([])
    pressed++
    // The control: the order is there, for who has its token and for the owner once proven.
    expect(await whatTheySee(bought.order.access_token, bought)).toBeGreaterThan(0)
    const owner = await server.call(auth.login, { body: { email, password: owners } })
    if (owner.ok) expect(await whatTheySee(owner.body.access_token, bought)).toBeGreaterThan(1)
    figure('S33', `${pressed} ways to press a link that a squatter caused: 0 of the guest's orders, ` +
      'tickets, purchases, PDFs and messages seen.')
  }, 3 * patient_ms)
}
