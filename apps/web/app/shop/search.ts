import type { Category, listEvents } from '@fermata/contracts/events'
import type { QueryOf } from '@fermata/contracts/define'

const categories: readonly Category[] = [
  'music', 'theatre', 'comedy', 'sports', 'family', 'festival', 'school', 'talk', 'film', 'other',
]

const day_ms = 24 * 3600 * 1000

/**
 * Midnight (UTC) of a date such as `2027-03-01`, moved by whole days; undefined for anything else.
 */
function midnight (text: string, days = 0): string | undefined {
  // The years that the API takes.
  if (!/^(?:1[1-9]|2[0-8])\d{2}-\d{2}-\d{2}$/.test(text)) return undefined
  const time = Date.parse(`${text}T00:00:00Z`)
  return Number.isNaN(time) ? undefined : new Date(time + days * day_ms).toISOString()
}

/**
 * The search that an address asks for. Words that mean nothing are left out: an address with a
 * mistake still shows events. The last day counts to its end.
 */
export function readSearch (params: URLSearchParams) {
  const text = (name: string, max_length: number) =>
    (params.get(name) ?? '').trim().slice(0, max_length)
  const fields = {
    q: text('q', 200), city: text('city', 120), category: text('category', 20),
    from: text('from', 10), to: text('to', 10), cursor: text('cursor', 500),
  }
  const query: QueryOf<typeof listEvents> = {
    q: fields.q || undefined,
    city: fields.city || undefined,
    category: categories.find(category => category === fields.category),
    from: midnight(fields.from),
    to: midnight(fields.to, 1),
    cursor: fields.cursor || undefined,
  }
  const is_search =
    Boolean(query.q ?? query.city ?? query.category ?? query.from ?? query.to ?? query.cursor)
  return { fields, query, is_search }
}
