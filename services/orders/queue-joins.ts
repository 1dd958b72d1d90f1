import type { Ctx } from './context.ts'
import { appendJoins, closeDraw, lockQueue, readLockedQueue } from './queries/queue.ts'
import { extendDigest } from './queue-draw.ts'
import { newIds, type Place } from './queue-tokens.ts'

/** Somebody who wants a place, as they wait for the batch before theirs. */
export interface JoinRequest {
  binding: Buffer
  /** A keyed hash of where they come from. */
  network: Buffer
}

/** Their place, durable; or that the room is off or full. */
export type Joined = { kind: 'joined', place: Place } | { kind: 'off' } | { kind: 'full' }

/** A draw of this many is held in memory as 24 MB and takes some seconds. */
const max_joined = 2_000_000

/**
 * Gives places to all who came meanwhile, in the order in which they came. Behind the room's lock:
 * batches of several processes take turns, so whoever was answered before somebody else asked is
 * before them, whichever process either spoke to. Nobody is answered before it is durable.
 */
export function appendBatch (
  ctx: Ctx, event_id: string, requests: JoinRequest[]
): Promise<Joined[]> {
  return ctx.transaction(async tx => {
    if (!await lockQueue(tx, event_id, true)) return requests.map(() => ({ kind: 'off' }))
    const queue = await readLockedQueue(tx, event_id)
    if (queue.joined + requests.length > max_joined) return requests.map(() => ({ kind: 'full' }))
    // The first who comes after the opening ends the draw, if the clock of the room has not yet.
    if (queue.drawn_at === null && queue.is_due) await closeDraw(tx, event_id)
    const drawn = queue.drawn_at !== null || queue.is_due
    const joined_ms = Date.parse(queue.now)
    const new_ids = newIds(requests.length)
    const places = requests.map(({ binding }, index): Place => ({
      id: new_ids[index]!, place: drawn ? queue.joined + index + 1 : 0, joined_ms, binding }))
    const ids = Buffer.concat(places.map(({ id }) => id))
    const networks = Buffer.concat(requests.map(({ network }) => network))
    await appendJoins(tx, {
      event_id, number: queue.batches + 1, first_place: drawn ? queue.joined + 1 : null,
      ids, networks,
      count: requests.length, at: queue.now,
      joins_digest: drawn ? queue.joins_digest : extendDigest(queue.joins_digest, ids, networks),
    })
    return places.map(place => ({ kind: 'joined', place }))
  })
}
