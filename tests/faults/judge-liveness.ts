import { serviceNames, type ServiceName } from '@fermata/contracts/services'
import { createPool } from '@fermata/platform/database'
import { verify } from '@fermata/server/verify/verify'
import type pg from 'pg'
import { databaseUrlOf } from './postmaster-of.ts'

/** Says what is still to be done, or wrong, in an installation and in a sale of it. */

export interface Judge {
  url: string
  pool: pg.Pool
  urls: ReadonlyMap<ServiceName, string>
  close: () => Promise<void>
}

export async function openJudge (folder: string): Promise<Judge> {
  const url = await databaseUrlOf(folder)
  const pool = createPool({ url, max_connections: 1, application_name: judge_name })
  const urls = new Map(serviceNames.map(name => [name, url]))
  return { url, pool, urls, close: () => pool.end() }
}

/** By which its connection is spared where others are ended. */
export const judge_name = 'fermata-judge'

type Left = Record<'capacity' | 'held' | 'sold' | 'tickets' | 'mails', number>

const waiting = serviceNames.map(name =>
  `select '${name}' as service from ${name}.outbox where sent_at is null`).join(' union all ')

/** @returns a sentence for each thing that is not as it has to be in the end */
export async function judge (
  { pool, urls }: Judge, { event_id, ticket_type_id }: { event_id: string, ticket_type_id: string }
): Promise<string[]> {
  try {
    const { rows: [left] } = await pool.query<Left>(`
      select capacity, held, sold,
             (select count(*)::integer from tickets.tickets
               where event_id = $2 and status = 'active') as tickets,
             (select count(*)::integer from notifications.deliveries
               where status in ('pending', 'failed')) as mails
        from orders.pools where id = $1`, [ticket_type_id, event_id])
    const { capacity, held, sold, tickets, mails } = left!
    const open = [
      ...sold === capacity ? [] : [`${sold} of ${capacity} places are sold, ${held} are held`],
      ...tickets === capacity ? [] : [`${tickets} tickets of ${capacity} places`],
      ...mails === 0 ? [] : [`${mails} mails have not left`],
    ]
    // The costly questions come when the cheap ones are answered.
    if (open.length > 0) return open
    const { rows } = await pool.query<{ service: string }>(waiting)
    if (rows.length > 0) return rows.map(({ service }) => `an event of ${service} waits`)
    const { mismatches, unanswered } = await verify(urls, { settle_ms: 0, older_than_ms: 0 })
    return [...mismatches.map(({ kind, count }) => `${count} ${kind}`),
      ...unanswered.map(({ service, reason }) => `${service}: ${reason}`)]
  } catch (error) {
    return [`the database does not answer: ${String(error)}`]
  }
}
