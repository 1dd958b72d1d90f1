import type * as api from '@fermata/contracts/users'
import { pageOf, readCursor } from '@fermata/platform/paging'
import type { Operation } from '../context.ts'
import { presentProfile } from '../people.ts'
import { listPeople } from '../queries/people.ts'

/** All people, newest first, by a part of name or email. */
export const listUsers: Operation<typeof api.listUsers> = async (ctx, { query }) => {
  const after = readCursor<{ id: string }>(query.cursor, ['id'])
  const limit = query.limit ?? 20
  const rows = await listPeople(ctx.db, {
    pattern: query.q?.trim() ? containing(query.q.trim()) : null,
    role: query.role ?? null, after: after?.id ?? null, limit: limit + 1,
  })
  return pageOf(rows, limit, ({ id }) => ({ id }), presentProfile)
}

/** An underscore in an email means an underscore, not any letter. */
const containing = (text: string) => `%${text.replace(/[\\%_]/g, character => `\\${character}`)}%`
