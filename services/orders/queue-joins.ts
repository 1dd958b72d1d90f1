import type { Db, Tx } from '@fermata/platform/database'
import type { Ctx } from './context.ts'
import {
  appendJoins, closeDraw, findJoins, listJoins, lockQueue, readLockedQueue,
} from './queries/queue.ts'
import { name_bytes, type JoinBook, type StoredJoins } from './queue-book.ts'
import { extendDigest } from './queue-draw.ts'
import { id_bytes, newIds, type Place } from './queue-tokens.ts'
import { judgeJoin, type Effort, type JoinPrices, type JoinVerdict } from './rules/join-price.ts'

/** Somebody who wants a place, as they wait for the batch before theirs. */
export interface JoinRequest {
  binding: Buffer
  /** A keyed hash of where they come from, 48 bits. */
  network: number
  /** Whoever has one of these in common with an earlier join has a place already. */
  names: number[]
  /** Made of the first name, so that who asks again is found; null for who has none. */
  id: Buffer | null
  effort: Effort
}

/** Their place, durable; or why they have none. */
export type Joined = { kind: 'joined', place: Place } | { kind: 'off' } | { kind: 'full' } |
  { kind: 'known' } | Exclude<JoinVerdict, { kind: 'joins' }>

/** A draw of this many is held in memory as 24 MB and takes some seconds. */
const max_joined = 2_000_000
/** Counting so many takes some tenths of a second at most. */
const batches_at_a_time = 100

/**
 * Gives places to all who came meanwhile, in the order in which they came. Behind the room's lock:
 * batches of several processes take turns, so whoever was answered before somebody else asked is
 * before them, whichever process either spoke to. Nobody is answered before it is durable.
 */
export async function appendBatch (
  ctx: Ctx, event_id: string, requests: JoinRequest[], book: JoinBook
): Promise<Joined[]> {
  // A room that was joined before this process began is read without keeping others waiting.
  if (book.batch === 0) await catchUp(ctx.db, event_id, book)
  const { answers, batch } = await ctx.transaction(tx => append(tx, event_id, requests, book))
  // What was not committed was never counted.
  if (batch) book.enter(batch)
  return giveAgain(ctx.db, event_id, requests, answers, book)
}

/**
 * Whoever joined and asks again, because the answer was lost, has the place they were given; who
 * is known by another name alone, such as an account's in another browser, is told so.
 */
async function giveAgain (
  db: Db, event_id: string, requests: JoinRequest[], answers: Joined[], book: JoinBook
): Promise<Joined[]> {
  const asked = requests.flatMap(({ id, names: [name] }, index) => {
    const number = answers[index]!.kind === 'known' && name !== undefined ? book.batchOf(name) : 0
    return id && number > 0 ? [{ id, number }] : []
  })
  if (asked.length === 0) return answers
  const found = await findJoins(db, event_id, asked)
  const by_id = new Map(found.map(join => [join.id.toString('hex'), join]))
  return requests.map(({ id, binding }, index) => {
    const join = answers[index]!.kind === 'known' && id ? by_id.get(id.toString('hex')) : undefined
    return join && id ? { kind: 'joined', place: { id, binding, joined_ms: Date.parse(join.at),
      place: join.first_place === null ? 0 : join.first_place + join.offset / id_bytes } }
      : answers[index]!
  })
}

interface Appended { answers: Joined[], batch: StoredJoins | null }

async function append (
  tx: Tx, event_id: string, requests: JoinRequest[], book: JoinBook
): Promise<Appended> {
  const all = (kind: 'off' | 'full') =>
    ({ answers: requests.map(() => ({ kind })), batch: null })
  if (!await lockQueue(tx, event_id, true)) return all('off')
  const queue = await readLockedQueue(tx, event_id)
  if (queue.joined + requests.length > max_joined) return all('full')
  if (queue.batches > book.batch) await catchUp(tx, event_id, book)
  // The first who comes after the opening ends the draw, if the clock of the room has not yet.
  if (queue.drawn_at === null && queue.is_due) await closeDraw(tx, event_id)
  const is_late = queue.drawn_at !== null || queue.is_due
  const now_ms = Date.parse(queue.now)
  const verdicts = judgeAll(requests, book, {
    free: queue.free_joins_per_network, most: queue.max_joins_per_network }, is_late, now_ms)
  const admitted = requests.filter((_, index) => verdicts[index]!.kind === 'joins')
  if (admitted.length === 0) return { answers: verdicts as Joined[], batch: null }
  const random_ids = newIds(admitted.filter(({ id }) => id === null).length).values()
  const places = admitted.map(({ binding, id }, index): Place => ({
    id: id ?? random_ids.next().value!, binding, joined_ms: now_ms,
    place: is_late ? queue.joined + index + 1 : 0,
  }))
  const ids = Buffer.concat(places.map(({ id }) => id))
  const networks = inBytes(admitted.map(({ network }) => network))
  const batch = {
    event_id, number: queue.batches + 1, first_place: is_late ? queue.joined + 1 : null,
    ids, networks, joined_once: inBytes(admitted.flatMap(({ names }) => names)),
    count: admitted.length, at: queue.now,
    joins_digest: is_late ? queue.joins_digest : extendDigest(queue.joins_digest, ids, networks),
  }
  await appendJoins(tx, batch)
  const next = places.values()
  return { batch, answers: verdicts.map((verdict): Joined => verdict.kind === 'joins'
    ? { kind: 'joined', place: next.next().value! } : verdict) }
}

/** Each after those before it in the batch. */
function judgeAll (
  requests: JoinRequest[], book: JoinBook, prices: JoinPrices, is_late: boolean, now_ms: number
): (JoinVerdict | { kind: 'known' })[] {
  const names_here = new Set<number>()
  const joins_here = new Map<number, number>()
  return requests.map(({ names, network, effort }) => {
    if (names.some(name => names_here.has(name) || book.batchOf(name) > 0)) return { kind: 'known' }
    const before = book.network(network)
    const here = joins_here.get(network) ?? 0
    const verdict = judgeJoin({
      joins: before.joins + here, last_ms: here > 0 ? now_ms : before.last_ms,
    }, effort, prices, is_late, now_ms)
    if (verdict.kind === 'joins') {
      joins_here.set(network, here + 1)
      for (const name of names) names_here.add(name)
    }
    return verdict
  })
}

/** Counts what was appended since, by other processes or before this one began. */
async function catchUp (db: Db | Tx, event_id: string, book: JoinBook): Promise<void> {
  for (;;) {
    const rows = await listJoins(db, event_id, book.batch, batches_at_a_time)
    for (const row of rows) book.enter(row)
    if (rows.length < batches_at_a_time) return
  }
}

function inBytes (numbers: number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * name_bytes)
  numbers.forEach((value, index) => bytes.writeUIntBE(value, index * name_bytes, name_bytes))
  return bytes
}
