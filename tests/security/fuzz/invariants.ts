import type { Pool } from 'pg'

/** What must be true of the data at the end, whatever was asked: each statement finds what is wrong. */
const broken: Record<string, string> = {
  'no pool has more out than it holds': `
    select id::text from orders.pools where held < 0 or sold < 0 or held + sold > capacity`,
  'what a pool has out is what orders have': `
    select p.id::text || ' out ' || (p.held + p.sold) || ' ordered ' || coalesce(sum(i.quantity), 0)
      from orders.pools p
      left join orders.ticket_type_pools tp on tp.pool_id = p.id
      left join (orders.order_items i join orders.orders o
        on o.id = i.order_id and o.status in ('pending', 'completed'))
        on i.ticket_type_id = tp.ticket_type_id or i.ticket_type_id = p.id
     group by p.id having p.held + p.sold <> coalesce(sum(i.quantity), 0)`,
  'the books balance': `
    select transaction_id::text from payments.ledger_entries
     group by transaction_id, currency having sum(debit_minor) <> sum(credit_minor)`,
  'nobody got more back than they paid': `
    select id::text from payments.payments where refunded_minor > amount_minor`,
  'an order took money once at most': `
    select order_id::text from payments.payments where status = 'succeeded'
     group by order_id having count(*) > 1`,
  'tickets are those of completed orders': `
    select o.id::text || ' bought ' || sum(i.quantity) || ' has ' ||
           (select count(*) from tickets.tickets t where t.order_id = o.id)
      from orders.orders o join orders.order_items i on i.order_id = o.id
     where o.status = 'completed' group by o.id
    having sum(i.quantity) <> (select count(*) from tickets.tickets t where t.order_id = o.id)`,
  'no ticket without an order that was paid': `
    select t.id::text from tickets.tickets t left join orders.orders o on o.id = t.order_id
     where t.status <> 'void' and (o.id is null or o.status not in ('completed', 'refunded'))`,
  'nobody is admitted twice': `
    select ticket_id::text from tickets.check_ins group by ticket_id having count(*) > 1`,
  'no event failed to be handled': ['orders', 'payments', 'tickets', 'notifications', 'users', 'events']
    .map(name => `select '${name} ' || error from ${name}.dead_letters`).join(' union all '),
}

/** @returns each broken one with up to five of what breaks it */
export async function brokenInvariants (pool: Pool): Promise<string[]> {
  const found: string[] = []
  for (const [name, statement] of Object.entries(broken)) {
    const { rows } = await pool.query<unknown[]>({ text: statement, rowMode: 'array' })
    if (rows.length > 0) found.push(`${name}: ${rows.slice(0, 5).join('; ')}`)
  }
  return found
}
