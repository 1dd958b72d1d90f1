import type * as api from '@fermata/contracts/events'
import { unauthenticated } from '@fermata/contracts/problems'
import { personOf } from '@fermata/platform/caller'
import { pageOf, readCursor } from '@fermata/platform/paging'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { managerOf, present, servedBy } from '../managing.ts'
import { listEvents as readEvents } from '../queries/events.ts'
import { searchWords } from '../rules/search-words.ts'

/**
 * What is on, soonest first. `mine`, and any state but published, ask for what the caller manages,
 * `serving` for what they may admit people to: who manages or serves nothing gets an empty list,
 * who is nobody is asked to sign in.
 */
export const listEvents: Operation<typeof api.listEvents> = async (ctx, { query, caller }) => {
  const { q, mine, serving, cursor, limit = 20, ...filters } = query
  const managed = mine || (query.status !== undefined && query.status !== 'published')
  if ((managed || serving) && caller.kind !== 'user') throw new Problem(unauthenticated)
  const manager = managed ? managerOf(caller) : undefined
  if (managed && !manager) return { items: [], next_cursor: null }
  const after = readCursor<{ starts_at: string, id: string }>(cursor, ['starts_at', 'id'])
  const rows = await readEvents(ctx.db, {
    ...filters, after, limit: limit + 1, words: searchWords(q ?? ''),
    // An administrator's own events are those of their organisers, not everybody's.
    serving: serving ? servedBy(caller) : undefined,
    manager: mine ? { user_id: personOf(caller).user_id } : manager,
  })
  return pageOf(rows, limit, ({ starts_at, id }) => ({ starts_at, id }), present)
}
