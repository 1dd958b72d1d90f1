import { createHash, createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'

/**
 * Recomputes the draw of a waiting room from what it published, and says whether it was right:
 *
 *   node tools/verify-draw.ts https://tickets.example.org/api/queue/<event id> [token …]
 *   node tools/verify-draw.ts draw.json [token …]
 *
 * With tokens it also tells their places. The file is `{ "queue": …, "joins": [ … ] }`: the answers
 * of GET /api/queue/<event id> and all pages of …/joins. It shares no code with the product on
 * purpose.
 */

interface Published {
  queue: { draw: {
    key_hash: string, key: string | null, joins_digest: string | null
    order_digest: string | null, drawn_count: number | null
  } }
  joins: { number: number, first_place: number | null, ids: string[], networks: string[] | null }[]
}

export interface Verdict {
  right: boolean
  /** What does not fit; empty when all does. */
  wrong: string[]
  drawn: number
  /** Id of a token, hexadecimal, to its place. */
  places: Map<string, number>
}

const sha256 = (...parts: Buffer[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
const bytesOf = (hex: string) => Buffer.from(hex, 'hex')

/** A number of 48 bits that nobody could know before the list was closed. */
const numberOf = (seed: Buffer, id: string) =>
  createHmac('sha256', seed).update(bytesOf(id)).digest().readUIntBE(0, 6)

function digestOfOrder (numbers: number[]): string {
  const hash = createHash('sha256')
  for (const value of numbers) {
    const bytes = Buffer.alloc(6)
    bytes.writeUIntBE(value, 0, 6)
    hash.update(bytes)
  }
  return hash.digest('hex')
}

interface Candidate { id: string, number: number, network: string }

/**
 * One place after the other, for the first in the drawn order whose network has none so far or,
 * this place included, at most a quarter of those given; if there is none, for the network with the
 * fewest. Only networks somebody of which was passed over are looked at again, and these are few.
 */
function serve (drawn: Candidate[]): Candidate[] {
  const places = new Map<string, number>()
  const have = (network: string) => places.get(network) ?? 0
  const passed_over = new Map<string, { waiting: Candidate[], gone: number }>()
  const rank = new Map(drawn.map((one, index) => [one, index]))
  const served: Candidate[] = []
  const heads = () => [...passed_over.values()].map(({ waiting, gone }) => waiting[gone]!)
    .sort((a, b) => rank.get(a)! - rank.get(b)!)
  let looked_at = 0
  while (served.length < drawn.length) {
    const isFair = ({ network }: Candidate) =>
      have(network) === 0 || have(network) + 1 <= (served.length + 1) / 4
    let next = heads().find(isFair)
    while (!next && looked_at < drawn.length) {
      const one = drawn[looked_at++]!
      if (isFair(one)) {
        next = one
        break
      }
      const line = passed_over.get(one.network)
      if (line) line.waiting.push(one)
      else passed_over.set(one.network, { waiting: [one], gone: 0 })
    }
    // Those at the head are in their order already, and sorting keeps it among equals.
    next ??= heads().sort((a, b) => have(a.network) - have(b.network))[0]!
    const line = passed_over.get(next.network)
    if (line?.waiting[line.gone] === next && ++line.gone === line.waiting.length) {
      passed_over.delete(next.network)
    }
    places.set(next.network, have(next.network) + 1)
    served.push(next)
  }
  return served
}

/** Everything that can be said about a draw from what was published. */
export function verifyDraw ({ queue: { draw }, joins }: Published): Verdict {
  if (draw.key === null) {
    return { right: false, wrong: ['the draw has not taken place yet'], drawn: 0, places: new Map() }
  }
  const wrong: string[] = []
  const must = (holds: boolean, what: string) => { if (!holds) wrong.push(what) }
  const key = bytesOf(draw.key)
  const before = joins.filter(batch => batch.first_place === null)
  const ids = before.flatMap(batch => batch.ids)
  const networks = before.flatMap(batch => batch.networks ?? batch.ids)
  const start: Buffer = Buffer.alloc(32)
  const digest = before.reduce((sum, batch) =>
    sha256(sum, ...[...batch.ids, ...batch.networks ?? []].map(bytesOf)), start)
  must(sha256(key).toString('hex') === draw.key_hash,
    'the key is not the one whose hash was published before the draw')
  must(digest.toString('hex') === draw.joins_digest, 'the list of joins is not the one that was drawn')
  must(ids.length === draw.drawn_count, `${ids.length} joined, ${draw.drawn_count} were drawn`)
  must(new Set(ids).size === ids.length, 'an id took part twice')

  const seed = createHmac('sha256', key).update(digest).digest()
  must(networks.length === ids.length, 'not every id has a network')
  const drawn = ids
    .map((id, index) => ({ id, number: numberOf(seed, id), network: networks[index]! }))
    .sort((a, b) => a.number - b.number)
  const served = serve(drawn)
  must(digestOfOrder(served.map(one => one.number)) === draw.order_digest,
    'the order that was served is not the drawn one')
  const places = new Map(served.map(({ id }, index) => [id, index + 1]))

  let next = ids.length + 1
  for (const batch of joins.slice(before.length)) {
    must(batch.first_place === next, `batch ${batch.number} begins at place ${batch.first_place}, not ${next}`)
    batch.ids.forEach((id, index) => places.set(id, (batch.first_place ?? 0) + index))
    next += batch.ids.length
  }
  return { right: wrong.length === 0, wrong, drawn: ids.length, places }
}

async function getJson<T> (address: string): Promise<T> {
  const answer = await fetch(address)
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`)
  return await answer.json() as T
}

interface Page { items: Published['joins'], next_cursor: string | null }

/** More than two million visitors in batches of one. */
const max_pages = 25_000

/** Reads what a room published, from its address or from a file. */
export async function readPublished (source: string): Promise<Published> {
  if (!/^https?:/.test(source)) return JSON.parse(await readFile(source, 'utf8')) as Published
  const queue = await getJson<Published['queue']>(source)
  const joins: Published['joins'] = []
  let cursor = ''
  for (let page = 0; page < max_pages; page++) {
    const { items, next_cursor } = await getJson<Page>(
      `${source}/joins?limit=100${cursor && `&cursor=${cursor}`}`)
    joins.push(...items)
    if (next_cursor === null) break
    cursor = next_cursor
  }
  return { queue, joins }
}

/** A token begins with its id. */
const idOf = (token: string) =>
  Buffer.from(token.replace(/^fq_/, ''), 'base64url').toString('hex', 0, 16)

async function run ([source, ...tokens]: string[]): Promise<number> {
  if (!source) {
    console.error('usage: node tools/verify-draw.ts <address of /api/queue/<event id> | file> [token …]')
    return 2
  }
  const verdict = verifyDraw(await readPublished(source))
  for (const what of verdict.wrong) console.log(`WRONG: ${what}`)
  if (verdict.right) console.log(`right: ${verdict.drawn} visitors, drawn as the key of the commitment says`)
  for (const token of tokens) {
    console.log(`${token.slice(0, 12)}… has place ${verdict.places.get(idOf(token)) ?? 'none: it never joined'}`)
  }
  return verdict.right ? 0 : 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.exitCode = await run(process.argv.slice(2))
}
