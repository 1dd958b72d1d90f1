import { notFound } from '@fermata/contracts/problems'
import type { listQueueJoins as contract } from '@fermata/contracts/queue'
import { pageOf, readCursor } from '@fermata/platform/paging'
import { Problem } from '@fermata/platform/problem'
import type { Operation } from '../context.ts'
import { findQueue, listJoins, type JoinsRow } from '../queries/queue.ts'
import { network_bytes } from '../queue-draw.ts'
import { id_bytes } from '../queue-tokens.ts'

/**
 * The list behind the draw; empty before it, so that nobody learns who else waits while it matters.
 */
export const listQueueJoins: Operation<typeof contract> = async (ctx, { params, query }) => {
  const queue = await findQueue(ctx.db, params.event_id)
  if (!queue) throw new Problem(notFound, 'This event has no waiting room.')
  const limit = query.limit!
  const after = readCursor<{ number: number }>(query.cursor, ['number'])?.number ?? 0
  // Anybody can write a cursor; one that is no batch of this room has nothing behind it.
  const has_more = Number.isSafeInteger(after) && after < queue.batches
  const rows = queue.drawn_at !== null && has_more
    ? await listJoins(ctx.db, params.event_id, after, limit + 1) : []
  return pageOf(rows, limit, ({ number }) => ({ number }), present)
}

function present ({ number, first_place, at, ids, networks }: JoinsRow) {
  const count = ids.length / id_bytes
  const inParts = (bytes: Buffer, length: number) => Array.from({ length: count }, (_, index) =>
    bytes.toString('hex', index * length, (index + 1) * length))
  return { number, first_place, at, ids: inParts(ids, id_bytes),
    networks: networks && inParts(networks, network_bytes) }
}
