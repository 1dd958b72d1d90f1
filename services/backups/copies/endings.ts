import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { RestoreReport } from '@fermata/contracts/backups'
import { memberChanged } from '@fermata/contracts/events'
import { Role, Timestamp, Uuid } from '@fermata/contracts/fields'
import { firstIdAt, uuidv7 } from '@fermata/platform/ids'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { BrokenCopy } from './broken-copy.ts'
import type { CopyStore } from './store.ts'

/**
 * What ended, kept beside the copies and not in them: a copy of before would bring it back. Ids and
 * hashes alone, in files that are written once, each signed.
 */

const { organizer_id, role, event_id } = memberChanged.data.properties

/**
 * Of an account's roles and of a member's place the last state is kept, or what was given back later
 * would be taken away.
 */
export const Ending = Type.Union([
  Type.Object({
    what: Type.Enum(['account', 'address', 'order', 'ticket', 'password']),
    /** An id; of an address its SHA-256, as `erasures` keeps it. */
    who: Type.Union([Uuid, Type.String({ pattern: '^[0-9a-f]{64}$' })]),
    at: Timestamp,
  }),
  Type.Object({
    what: Type.Literal('rights'), who: Uuid, at: Timestamp, roles: Type.Array(Role),
  }),
  Type.Object({
    what: Type.Literal('member'), who: Uuid, at: Timestamp, organizer_id, role, event_id,
  }),
])
export type Ending = Static<typeof Ending>

const EndingsFile = Type.Object({ endings: Type.Array(Ending), signature: Type.String() })

export const endings_folder = 'endings'

function signatureOf (key: Buffer, endings: Ending[]): Buffer {
  const own = Buffer.from(hkdfSync('sha256', key, '', 'fermata endings', 32))
  return createHmac('sha256', own).update(JSON.stringify(endings)).digest()
}

/** On the disk when it returns. The names sort by time. @returns the name */
export async function writeEndings (
  store: CopyStore, key: Buffer, endings: Ending[]
): Promise<string> {
  const signature = signatureOf(key, endings).toString('base64url')
  const name = `${uuidv7()}.json`
  await store.write(`${endings_folder}/${name}`,
    Buffer.from(`${JSON.stringify({ endings, signature })}\n`))
  return name
}

/**
 * What ended is dated before it is committed, and by another clock than the copy: so much before
 * the copy it may be missing there. What is in it ends twice, which does no harm.
 */
const margin_ms = 10 * 60_000

/** Files that were written before that moment have names that sort before this one. */
const firstNameAt = (ms: number) => firstIdAt(Math.max(0, ms))

interface Read {
  endings: Ending[]
  /** Files that cannot be believed. */
  unread: string[]
  /** What ended before is not known any more; null while nothing was forgotten. */
  known_since: string | null
}

/** What ended after a moment, wherever that is kept. */
export async function readEndings (
  stores: readonly CopyStore[], keys: readonly Buffer[], since: string
): Promise<Read> {
  const from_ms = Date.parse(since) - margin_ms
  const from = new Date(from_ms).toISOString()
  const endings = new Map<string, Ending>()
  const unread: string[] = []
  const forgotten: string[] = []
  for (const store of stores) {
    const read = await readAll(store, keys, firstNameAt(from_ms))
    unread.push(...read.unread)
    forgotten.push(...await readKnownSince(store) ?? [])
    for (const ending of read.endings) {
      const key = `${ending.what} ${ending.who}`
      const known = endings.get(key)
      if (ending.at >= from && (!known || known.at <= ending.at)) endings.set(key, ending)
    }
  }
  return { endings: [...endings.values()], unread, known_since: forgotten.sort().at(-1) ?? null }
}

async function readAll (
  store: CopyStore, keys: readonly Buffer[], after: string
): Promise<Pick<Read, 'endings' | 'unread'>> {
  const endings: Ending[] = []
  const unread: string[] = []
  for (const name of await store.names(endings_folder, after)) {
    if (name === known_since_file) continue
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

const known_since_file = 'known-since.json'
const KnownSince = Type.Object({ known_since: Timestamp })

async function readKnownSince (store: CopyStore): Promise<string[] | null> {
  const bytes = await store.read(`${endings_folder}/${known_since_file}`).catch(notBroken)
  if (!bytes) return null
  const read = readJson(bytes)
  return Value.Check(KnownSince, read) ? [read.known_since] : null
}

function notBroken (error: unknown): null {
  if (error instanceof BrokenCopy) return null
  throw error
}

/** So many files of one store at a time; the next backup goes on. */
const forgotten_at_once = 10_000

/**
 * Forgets what ended before a moment that no copy shows any more. From when on it is known is
 * written first, for whoever restores an older copy that lay elsewhere.
 */
export async function forgetEndings (store: CopyStore, before: string): Promise<void> {
  const until_ms = Date.parse(before) - 2 * margin_ms
  const last = firstNameAt(until_ms)
  const old = (await store.names(endings_folder))
    .filter(name => name < last && name !== known_since_file).slice(0, forgotten_at_once)
  if (old.length === 0) return
  const known_since = new Date(until_ms).toISOString()
  await store.write(`${endings_folder}/${known_since_file}`,
    Buffer.from(JSON.stringify({ known_since })))
  for (const name of old) await store.removeFile(`${endings_folder}/${name}`)
}

function parse (bytes: Buffer): Static<typeof EndingsFile> | null {
  const read = readJson(bytes)
  return Value.Check(EndingsFile, read) ? read : null
}

function readJson (bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
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
      roles: some.flatMap(one => one.what === 'rights'
        ? { user_id: one.who, roles: one.roles, changed_at: one.at } : []),
      members: some.flatMap(one => one.what === 'member' ? {
        organizer_id: one.organizer_id, member_id: one.who, role: one.role,
        event_id: one.event_id, changed_at: one.at,
      } : []),
      passwords: some.flatMap(({ what, who: user_id, at: changed_at }) =>
        what === 'password' ? { user_id, changed_at } : []),
      account_ids: of('account'), address_digests: of('address'), order_ids: of('order'),
      ticket_ids: of('ticket'),
    })
  }
  return told
}

/** How many of each kind since the copy, for whoever asked for the restore. */
export function countEndings (
  endings: readonly Ending[], since: string
): RestoreReport['ended'] {
  const later = endings.filter(({ at }) => at >= since)
  const count = (kind: Ending['what']) => later.filter(({ what }) => what === kind).length
  return {
    accounts: count('account'), addresses: count('address'), orders: count('order'),
    tickets: count('ticket'), rights: count('rights'), members: count('member'),
    passwords: count('password'),
  }
}

/** Sends files of endings to the store away from this machine, each until it is there. */
export interface EndingsMirror {
  /** Another one that was just written. */
  add: (name: string) => void
  /** Sends those that wait. @throws when the store is away; they wait on */
  send: () => Promise<void>
}

/** What a process before this one did not send is found once, by comparing both. */
export function createEndingsMirror (
  here: CopyStore, elsewhere: CopyStore | null
): EndingsMirror {
  const waiting = new Set<string>()
  let is_compared = elsewhere === null
  return {
    add (name) {
      if (elsewhere) waiting.add(name)
    },
    async send () {
      if (!elsewhere) return
      if (!is_compared) {
        const there = new Set(await elsewhere.names(endings_folder))
        for (const name of await here.names(endings_folder)) if (!there.has(name)) waiting.add(name)
        is_compared = true
      }
      for (const name of waiting) {
        const path = `${endings_folder}/${name}`
        // One that is gone was older than every copy.
        const bytes = await here.read(path).catch(notBroken)
        if (bytes) await elsewhere.write(path, bytes)
        waiting.delete(name)
      }
    },
  }
}
