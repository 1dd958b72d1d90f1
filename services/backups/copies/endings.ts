import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { Timestamp, Uuid } from '@fermata/contracts/fields'
import { uuidv7 } from '@fermata/platform/ids'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import type { CopyStore } from './store.ts'

/**
 * What ended, kept beside the copies and not in them: a copy of before would bring it back. Ids and
 * hashes alone, in files that are written once, each signed.
 */

export const Ending = Type.Object({
  what: Type.Enum(['account', 'address', 'order', 'ticket']),
  /** An id; of an address its SHA-256, as `erasures` keeps it. */
  who: Type.Union([Uuid, Type.String({ pattern: '^[0-9a-f]{64}$' })]),
  at: Timestamp,
})
export type Ending = Static<typeof Ending>

const EndingsFile = Type.Object({ endings: Type.Array(Ending), signature: Type.String() })

export const endings_folder = 'endings'

function signatureOf (key: Buffer, endings: Ending[]): Buffer {
  const own = Buffer.from(hkdfSync('sha256', key, '', 'fermata endings', 32))
  return createHmac('sha256', own).update(JSON.stringify(endings)).digest()
}

/** On the disk when it returns. The names sort by time. */
export async function writeEndings (
  store: CopyStore, key: Buffer, endings: Ending[]
): Promise<void> {
  const signature = signatureOf(key, endings).toString('base64url')
  await store.write(`${endings_folder}/${uuidv7()}.json`,
    Buffer.from(`${JSON.stringify({ endings, signature })}\n`))
}

/**
 * What ended is dated before it is committed, and by another clock than the copy: so much before
 * the copy it may be missing there. What is in it ends twice, which does no harm.
 */
const margin_ms = 10 * 60_000

/**
 * What ended after a moment, wherever that is kept.
 * @returns also the names of files that cannot be believed
 */
export async function readEndings (
  stores: readonly CopyStore[], keys: readonly Buffer[], since: string
): Promise<{ endings: Ending[], unread: string[] }> {
  const from = new Date(Date.parse(since) - margin_ms).toISOString()
  const endings = new Map<string, Ending>()
  const unread: string[] = []
  for (const store of stores) {
    const read = await readAll(store, keys)
    unread.push(...read.unread)
    for (const ending of read.endings) {
      if (ending.at >= from) endings.set(`${ending.what} ${ending.who}`, ending)
    }
  }
  return { endings: [...endings.values()], unread }
}

async function readAll (
  store: CopyStore, keys: readonly Buffer[]
): Promise<{ endings: Ending[], unread: string[] }> {
  const endings: Ending[] = []
  const unread: string[] = []
  for (const name of await store.names(endings_folder)) {
    const read = parse(await store.read(`${endings_folder}/${name}`))
    const is_signed = read && keys.some(key => {
      const [found, expected] = [
        Buffer.from(read.signature, 'base64url'), signatureOf(key, read.endings),
      ]
      return found.length === expected.length && timingSafeEqual(found, expected)
    })
    if (is_signed) endings.push(...read.endings)
    else unread.push(`${store.place}/${endings_folder}/${name}`)
  }
  return { endings, unread }
}

function parse (bytes: Buffer): Static<typeof EndingsFile> | null {
  try {
    const read = JSON.parse(bytes.toString()) as unknown
    return Value.Check(EndingsFile, read) ? read : null
  } catch {
    return null
  }
}

/** So many in one event. */
const at_once = 500

/** What services are told of them after a restore, in events that are small enough. */
export function toldOf (endings: readonly Ending[]) {
  const told = []
  for (let start = 0; start < endings.length; start += at_once) {
    const some = endings.slice(start, start + at_once)
    const of = (kind: Ending['what']) =>
      [...new Set(some.filter(({ what }) => what === kind).map(({ who }) => who))]
    told.push({
      account_ids: of('account'), address_digests: of('address'), order_ids: of('order'),
      ticket_ids: of('ticket'),
    })
  }
  return told
}

/** Copies files of endings to the store away from this machine, once each. */
export function createEndingsMirror (here: CopyStore, elsewhere: CopyStore | null) {
  let known: Set<string> | null = null
  return async (): Promise<void> => {
    if (!elsewhere) return
    known ??= new Set(await elsewhere.names(endings_folder))
    for (const name of await here.names(endings_folder)) {
      if (known.has(name)) continue
      const path = `${endings_folder}/${name}`
      await elsewhere.write(path, await here.read(path))
      known.add(name)
    }
  }
}
