import { demoEvents } from '@fermata/server/demo/demo-events'
import { createPool } from '@fermata/platform/database'
import type { CopiedEvent, CopiedType } from './event-copy.ts'
import type { Installation } from './installation.ts'

/**
 * Reads an event from the installation's database. Not through its API: that would need somebody's
 * password and a server that runs, and tells neither codes of hidden kinds nor settings of the
 * waiting room without both. Nothing is written, which the transaction says too.
 */

type Source = NonNullable<Installation['source']>
type Rows = Record<string, unknown>[]

async function ask (url: string, text: string, values: unknown[]): Promise<Rows> {
  const pool = createPool({ url, max_connections: 1, application_name: 'fermata-rehearsal' })
  try {
    const client = await pool.connect()
    try {
      await client.query('begin read only')
      const { rows } = await client.query<Record<string, unknown>>(text, values)
      await client.query('commit')
      return rows
    } finally {
      client.release()
    }
  } catch (error) {
    throw explain(error)
  } finally {
    await pool.end()
  }
}

/** Tables that are not there, or not as this version has them. */
const other_version = new Set(['42P01', '42703', '3F000'])

function explain (error: unknown): Error {
  const { code, message } = error as { code?: string, message: string }
  if (other_version.has(code ?? '')) return new Error(
    'The database was not made by this version of Fermata, or not yet. Start Fermata once, then rehearse.')
  if (code === '42501') return new Error(
    `The database role may not read the tables of events and orders (${message}). Use the role that Fermata uses.`)
  return new Error(`The database of the installation cannot be reached: ${message || code}.\n` +
    'Start it, or set DATABASE_URL to where it is.')
}

const events_sql = `
  select id, slug, status, title, description, starts_at, ends_at, timezone, category, images, currency,
         ticket_capacity, jsonb_build_object('name', venue_name, 'address', venue_address,
           'city', venue_city, 'country', venue_country) as venue
    from events.events`

const types_sql = `
  select t.event_id, t.name, t.description, t.price_minor, t.pricing, t.min_price_minor, t.tiers,
         t.access_code, t.min_per_order, t.max_per_order, t.max_per_buyer, t.position,
         own.capacity, own.capacity > own.held + own.sold as is_left,
         coalesce((select array_agg(p.name order by p.id) from orders.ticket_type_pools tp
           join orders.pools p on p.id = tp.pool_id
          where tp.ticket_type_id = t.id and p.kind = 'shared'), '{}') as pools
    from orders.ticket_types t join orders.pools own on own.id = t.id
   where t.event_id = any($1) order by t.position, t.id`

const candidates = 50

/** @throws with words for the operator when the event is not there or cannot be sold */
export async function readEvent (
  source: Source, wanted: string | null
): Promise<CopiedEvent | null> {
  const found = wanted === null
    ? await ask(source.events_url, `${events_sql} where status = 'published' and ends_at > now()
        order by starts_at, id limit ${candidates}`, [])
    : await ask(source.events_url, `${events_sql} where id::text = lower($1) or slug = $1`, [wanted])
  if (found.length === 0 && wanted !== null) throw new Error(await explainUnknown(source, wanted))
  const types = await ask(source.orders_url, types_sql, [found.map(event => event.id)])
  const sells = (event: unknown) => types.some(type =>
    type.event_id === event && (wanted !== null || type.is_left))
  const event = found.find(one => sells(one.id))
  if (!event) {
    if (wanted === null) return null
    throw new Error(`“${found[0]!.title as string}” has no tickets to sell yet: add a ticket type first.`)
  }
  const [pools, [room]] = await Promise.all([
    ask(source.orders_url, `select name, capacity from orders.pools
      where event_id = $1 and kind = 'shared' order by id`, [event.id]),
    ask(source.orders_url, `select max_in_checkout, pass_seconds from orders.queues
      where event_id = $1 and enabled`, [event.id]),
  ])
  return toCopy(event, types.filter(type => type.event_id === event.id), pools, room)
}

async function explainUnknown (source: Source, wanted: string): Promise<string> {
  const rows = await ask(source.events_url, `select slug from events.events
    where status <> 'canceled' and ends_at > now() order by starts_at limit 8`, [])
  const known = rows.map(row => `    ${row.slug as string}`).join('\n')
  return `There is no event “${wanted}” here.` +
    (known === '' ? ' There are none that could be rehearsed.' : ` These are the next ones:\n\n${known}`)
}

function toCopy (
  event: Record<string, unknown>, types: Rows, pools: Rows,
  room: Record<string, unknown> | undefined
): CopiedEvent {
  const { id: _, slug: __, status: ___, ...facts } = event
  return {
    // Rows of our own tables, which the contract's schema checks when the copy is made.
    event: facts as unknown as CopiedEvent['event'],
    pools: pools as CopiedEvent['pools'],
    types: types.map(({ event_id: ____, is_left: _____, ...type }) =>
      type as unknown as CopiedType),
    room: room ? { max_in_checkout: room.max_in_checkout as number,
      pass_minutes: Math.max(1, Math.round(room.pass_seconds as number / 60)) } : null,
  }
}

/** What the demonstration would put on sale first, for an installation without events. */
export function readDemoEvent (): CopiedEvent {
  const { title, description, category, venue, timezone, currency, ...demo } = demoEvents[0]!
  const starts_at = new Date(Date.now() + demo.in_days * 86_400_000)
  return {
    event: {
      title, description, category, venue, timezone, currency,
      ticket_capacity: demo.ticket_capacity ?? null, starts_at: starts_at.toISOString(),
      ends_at: new Date(starts_at.getTime() + demo.hours * 3_600_000).toISOString(),
    },
    pools: [], room: null,
    types: demo.ticket_types.map(({ sales_start_days: _, ...type }, position) => ({
      pricing: 'fixed', tiers: [], min_per_order: 1, max_per_order: 10, max_per_buyer: null,
      pools: [], position, ...type,
    })),
  }
}

export interface Opening { title: string, opens_at: string }

/** Sales that open soon: whoever rehearses meanwhile takes processors and disk from them. */
export async function findOpenings (source: Source, within_minutes: number): Promise<Opening[]> {
  const rows = await ask(source.orders_url, `
    select e.title, min(o.at) as opens_at
      from (select event_id, sales_start as at from orders.ticket_types
            union all select event_id, opens_at from orders.queues where enabled) o
      join orders.events e on e.id = o.event_id
     where e.status = 'published' and o.at between now() and now() + make_interval(mins => $1)
     group by e.id, e.title order by opens_at`, [within_minutes])
  return rows as unknown as Opening[]
}
