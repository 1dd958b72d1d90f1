import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { resolve } from 'node:path'
import { createPool } from '@fermata/platform/database'
import { findDatabases } from '@fermata/server/find-databases'
import type { Installation } from './installation.ts'
import type { Acknowledged } from './rush.ts'

/** What the databases of an installation hold, read past the services and in either shape. */

export interface HeldOrder {
  id: string
  status: string
  total_minor: number
  payment_id: string | null
  seats: number | null
  items_minor: number | null
}

export interface Holding {
  orders: Map<string, HeldOrder>
  pool: { held: number, sold: number }
  payments: { id: string, order_id: string, status: string, amount_minor: number }[]
  /** Valid ones, by order. */
  tickets: Map<string, number>
}

type Ask = <T extends object>(
  service: ServiceName, question: string, values?: unknown[]
) => Promise<T[]>

/** Reads beside the services, whichever shape the folder has. */
export async function withDatabases<T> (
  { data, shape }: Installation, work: (ask: Ask) => Promise<T>
): Promise<T> {
  const { urls, stop } = await findDatabases({}, resolve(data), shape)
  const pools = new Map([...new Set(urls.values())].map(url => [url, createPool({
    url, max_connections: 1, read_only: true, application_name: 'judge' })]))
  try {
    return await work(async <R extends object>(
      service: ServiceName, question: string, values: unknown[] = []
    ) => (await pools.get(urls.get(service)!)!.query<R>(question, values)).rows)
  } finally {
    await Promise.all([...pools.values()].map(pool => pool.end()))
    await stop()
  }
}

export const readHolding = (it: Installation, ticket_type_id: string): Promise<Holding> =>
  withDatabases(it, async ask => {
    const orders = await ask<HeldOrder>('orders', `
      select o.id, o.status, o.total_minor, o.payment_id, i.seats, i.items_minor
        from orders.orders o left join (
          select order_id, sum(quantity)::int as seats,
                 sum(quantity * unit_price_minor - discount_minor)::int as items_minor
            from orders.order_items group by order_id) as i on i.order_id = o.id`)
    const [pool] = await ask<Holding['pool']>('orders',
      'select held, sold from orders.pools where id = $1', [ticket_type_id])
    const payments = await ask<Holding['payments'][number]>('payments',
      'select id, order_id, status, amount_minor from payments.payments')
    const tickets = await ask<{ order_id: string, count: number }>('tickets', `
      select order_id, count(*)::int as count from tickets.tickets
       where status = 'active' group by order_id`)
    return {
      orders: new Map(orders.map(order => [order.id, order])), pool: pool!, payments,
      tickets: new Map(tickets.map(({ order_id, count }) => [order_id, count])),
    }
  })

/** Events that nobody was told yet. */
export const countWaiting = (it: Installation): Promise<number> => withDatabases(it, async ask => {
  let waiting = 0
  for (const service of serviceNames.filter(name => name !== 'gateway')) {
    const [row] = await ask<{ count: number }>(service,
      `select count(*)::int as count from ${service}.outbox where sent_at is null`)
    waiting += row!.count
  }
  return waiting
})

/** Orders that buyers had been promised before the moment, and that are not as was said. */
export function findBroken (
  told: readonly Acknowledged[], moment_ms: number, { orders, payments }: Holding
): string[] {
  const paid = new Set(payments.filter(({ status }) => status === 'succeeded')
    .map(({ order_id }) => order_id))
  return told.flatMap(({ id, at_ms, paid_at_ms }) => {
    if (at_ms >= moment_ms) return []
    const order = orders.get(id)
    if (!order) return [`${id} was acknowledged and is not there`]
    if (paid_at_ms === null || paid_at_ms >= moment_ms) return []
    return order.status === 'completed' && paid.has(id) ? []
      : [`${id} was paid and is ${order.status}`]
  })
}

/** What is there by half: every order has its items, hold or sold seats, payment and tickets. */
export function findHalves (holding: Holding): string[] {
  const { orders, pool, payments, tickets } = holding
  const succeeded = new Map(payments.filter(({ status }) => status === 'succeeded')
    .map(payment => [payment.order_id, payment]))
  const wrong: string[] = []
  const seats: Record<string, number> = {}
  for (const order of orders.values()) {
    const { id, status, total_minor, seats: own, items_minor } = order
    seats[status] = (seats[status] ?? 0) + (own ?? 0)
    const payment = succeeded.get(id)
    const is_completed = status === 'completed'
    const issued = tickets.get(id) ?? 0
    if (own === null || items_minor !== total_minor) wrong.push(`${id} has not all its items`)
    if (is_completed !== (payment !== undefined)) wrong.push(`${id} is ${status}, not as was paid`)
    if (payment && payment.amount_minor !== total_minor) wrong.push(`${id} was paid another sum`)
    if (issued !== (is_completed ? own : 0)) wrong.push(`${id} is ${status}, tickets: ${issued}`)
  }
  for (const id of [...tickets.keys(), ...succeeded.keys()]) {
    if (!orders.has(id)) wrong.push(`${id} has tickets or a payment and is not there`)
  }
  const active = [...tickets.values()].reduce((sum, count) => sum + count, 0)
  if (pool.sold !== (seats.completed ?? 0) || pool.sold !== active) wrong.push(
    `sold ${pool.sold}, completed ${seats.completed ?? 0}, tickets ${active}`)
  const pending = seats.pending ?? 0
  if (pool.held !== pending) wrong.push(`held ${pool.held}, pending ${pending}`)
  return wrong
}
