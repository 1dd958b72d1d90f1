import { readFileSync } from 'node:fs'
import type { Split } from '@fermata/server/split/start-split'
import pg from 'pg'
import { eventually } from '../end-to-end/sell.ts'
import type { Told } from './crowd.ts'

/** Compares what buyers were told with what the services' databases hold. */

export interface Verdict {
  acknowledged: number
  paid: number
  /** Orders a buyer was told of that are not there. */
  lost: number
  /** Orders whose payment was accepted and that are not completed. */
  not_completed: number
  /** Of these, orders that have not all their tickets. */
  without_tickets: number
  /** Orders with more tickets than they bought. */
  doubled: number
  /** Orders that were paid more than once. */
  paid_twice: number
  oversold: number
  /** The stock's counters less the quantities of the orders they stand for. */
  miscounted: number
  /** Debits less credits. */
  ledger_off_minor: number
}

export interface Oracle {
  ask (event_id: string, history: Told[]): Promise<Verdict>
  /**
   * `kill -9` of the process that all others of PostgreSQL come from, until there is another:
   * those it leaves behind answer for a moment, as if nothing had happened. Linux only.
   */
  killPostgres (): Promise<void>
  close (): Promise<void>
}

/**
 * PostgreSQL first writes all that the file system holds unwritten, also what other programs left
 * there: a slow disk takes long. Nothing is promised of this wait; the promises count from when it
 * serves again.
 */
const recovery_within_ms = 180_000

/** Reads each database with the role of its service, so that no service has to answer. */
export function openOracle ({ databases }: Split): Oracle {
  const poolOf = (name: 'orders' | 'payments' | 'tickets') => {
    const pool = new pg.Pool({ connectionString: databases.get(name)!, max: 1 })
    // A PostgreSQL that is killed ends idle connections too.
    pool.on('error', () => {})
    return pool
  }
  const pools = {
    orders: poolOf('orders'), payments: poolOf('payments'), tickets: poolOf('tickets'),
  }
  return {
    async ask (event_id, history) {
      const orders = await readOrders(pools.orders, event_id)
      const tickets = await readTickets(pools.tickets, event_id)
      const payments = await readPayments(pools.payments, event_id)
      const stock = await readStock(pools.orders, event_id)
      const paid = history.filter(told => told.paid)
      const count = (list: Told[], is: (told: Told) => boolean) => list.filter(is).length
      return {
        acknowledged: history.length, paid: paid.length,
        lost: count(history, told => !orders.has(told.order_id)),
        not_completed: count(paid, told => orders.get(told.order_id) !== 'completed'),
        without_tickets: count(paid, told => (tickets.get(told.order_id) ?? 0) < told.quantity),
        doubled: count(history, told => (tickets.get(told.order_id) ?? 0) > told.quantity),
        ...payments, ...stock,
      }
    },
    async killPostgres () {
      const before = await readStart(pools.orders)
      process.kill(before.postmaster_pid, 'SIGKILL')
      await eventually(async () => {
        const now = await readStart(pools.orders).catch(() => before)
        return now.started_at !== before.started_at
      }, 'PostgreSQL to be started again', recovery_within_ms)
    },
    async close () {
      await Promise.all(Object.values(pools).map(pool => pool.end()))
    },
  }
}

async function readStart (pool: pg.Pool): Promise<{ postmaster_pid: number, started_at: string }> {
  const { rows: [row] } = await pool.query<{ pid: number, started_at: string }>(
    'select pg_backend_pid() as pid, pg_postmaster_start_time()::text as started_at')
  const status = readFileSync(`/proc/${row!.pid}/status`, 'utf8')
  return {
    postmaster_pid: Number(/^PPid:\s*(\d+)/m.exec(status)![1]), started_at: row!.started_at,
  }
}

async function readOrders (pool: pg.Pool, event_id: string): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ id: string, status: string }>(
    'select id, status from orders.orders where event_id = $1', [event_id])
  return new Map(rows.map(({ id, status }) => [id, status]))
}

async function readTickets (pool: pg.Pool, event_id: string): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ order_id: string, count: number }>(
    `select order_id, count(*)::integer as count from tickets.tickets
      where event_id = $1 and status <> 'void' group by order_id`, [event_id])
  return new Map(rows.map(({ order_id, count }) => [order_id, count]))
}

async function readPayments (pool: pg.Pool, event_id: string) {
  const { rows: [row] } = await pool.query<{ paid_twice: number, ledger_off_minor: number }>(`
    select (select count(*)::integer from (select from payments.payments
             where event_id = $1 and status = 'succeeded'
             group by order_id having count(*) > 1) as twice) as paid_twice,
           (select coalesce(sum(debit_minor - credit_minor), 0)::integer
              from payments.ledger_entries) as ledger_off_minor`, [event_id])
  return row!
}

async function readStock (pool: pg.Pool, event_id: string) {
  const { rows: [row] } = await pool.query<{ oversold: number, miscounted: number }>(`
    select greatest(0, sum(p.held + p.sold - p.capacity))::integer as oversold,
           (sum(p.held + p.sold) - (select coalesce(sum(i.quantity), 0)
              from orders.order_items i join orders.orders o on o.id = i.order_id
             where o.event_id = $1 and o.status in ('pending', 'completed')))::integer as miscounted
      from orders.pools p
     where p.id in (select id from orders.ticket_types where event_id = $1)`, [event_id])
  return row!
}

/** What a verdict says when nothing is wrong. */
export const flawless = {
  lost: 0, not_completed: 0, without_tickets: 0, doubled: 0, paid_twice: 0, oversold: 0,
  miscounted: 0, ledger_off_minor: 0,
}
