import { hash } from 'node:crypto'
import { credentialsDeleted } from '@fermata/contracts/auth'
import { erasedBuyer } from '@fermata/contracts/fields'
import { storedAddress } from '@fermata/contracts/mailboxes'
import type { PersonalRecords, Words } from '@fermata/contracts/platform'
import { addressErased } from '@fermata/contracts/users'
import type { Db, Tx } from './database.ts'
import { isBundle, type Bundled } from './event-bundles.ts'
import type { StoredEvent } from './messages.ts'
import {
  deleteMessagesAbout, eraseRows, findErased, findMessagesAbout, findRows, rememberErased,
  rewriteMessage, type Erased,
} from './personal-data-queries.ts'

/**
 * What a service keeps about people, column by column. Export and erasure are made from it, and a
 * test compares it with the migrated tables: a new column is refused until somebody has decided.
 */
export interface PersonalDataMap {
  /** Tables with something about a person, those that hang on others first. */
  tables: Record<string, PersonalTable>
  /** Tables that say nothing about anybody, with all their columns. */
  impersonal: Record<string, readonly string[]>
}

export interface PersonalTable {
  what: Words
  /** How rows are known to be somebody's; each way counts. */
  of: readonly Owner[]
  /** Whether erasure takes the rows, or leaves them without the person. */
  erase: 'rows' | 'columns'
  /** Why something is left, where erasure does not take the rows. */
  kept?: Words
  personal: Record<string, PersonalColumn>
  /** Columns that say nothing about the person by themselves. */
  rest: readonly string[]
  /** Columns that no export shows, because whoever has them could do something with them. */
  secret?: readonly string[]
}

export interface PersonalColumn {
  what: Words
  /** What stands there after erasure, as SQL; absent where the row goes, or the value is kept. */
  becomes?: string
}

/**
 * Columns by which a row is somebody's: the account's id, an address where no account is named, or
 * the row of another table on which it hangs. Each may be an SQL expression.
 */
export type Owner =
  | { user?: string, address?: string }
  | { through: string, column: string, key: string }

/** People by account and by address; an address stands for rows that name no account. */
export interface Subjects { user_ids: string[], addresses: string[] }

/** A column of a map. @param becomes what stands there after erasure, as SQL */
export const personal = (en: string, fr: string, becomes?: string): PersonalColumn =>
  ({ what: { en, fr }, becomes })

export const words = (en: string, fr: string): Words => ({ en, fr })

/** What stands where a name or an address stood, as SQL. */
export const nobody = { name: `'${erasedBuyer.name}'`, email: `'${erasedBuyer.email}'` }

/** Columns that the law asks sellers to keep, in words of the page and of the export. */
export const kept_for_books = words(
  'The sale stays in the books, as the law asks of sellers, without your name and address.',
  'La vente reste dans les comptes, comme la loi le demande aux vendeurs, sans votre nom ni ' +
  'votre adresse.')

const sha256 = (text: string) => hash('sha256', text, 'buffer')
export const subjectOfUser = (user_id: string) => sha256(`user ${user_id}`)
export const subjectOfAddress = (address: string) => sha256(`address ${storedAddress(address)}`)

/** All that is kept about somebody here, table by table. */
export async function collectRecords (
  db: Db, schema: string, map: PersonalDataMap, subjects: Subjects
): Promise<PersonalRecords[]> {
  const records: PersonalRecords[] = []
  for (const [name, table] of Object.entries(map.tables)) {
    const { rows, is_more } = await findRows(db, schema, map, name, lowered(subjects))
    if (rows.length === 0) continue
    records.push({ table: `${schema}.${name}`, what: table.what, kept: table.kept ?? null,
      columns: Object.entries(table.personal).map(([column, { what }]) => ({ column, what })),
      rows, is_more })
  }
  return records
}

/**
 * Takes people out of a service: out of its tables by its map, and out of its events, sent or not,
 * and its dead letters. What is still on its way elsewhere is handled without them.
 */
export async function erasePeople (
  tx: Tx, schema: string, map: PersonalDataMap, subjects: Subjects
): Promise<void> {
  const gone = lowered(subjects)
  await rememberErased(tx, schema, [
    ...gone.user_ids.map(user_id => ({ subject: subjectOfUser(user_id), user_id })),
    ...gone.addresses.map(address => ({ subject: subjectOfAddress(address), user_id: null })),
  ])
  for (const name of Object.keys(map.tables)) await eraseRows(tx, schema, map, name, gone)
  await eraseMessages(tx, schema, gone)
}

/** The rows alone, of accounts that ended a while ago. */
export async function eraseRowsOf (
  tx: Tx, schema: string, map: PersonalDataMap, user_ids: string[]
): Promise<void> {
  for (const name of Object.keys(map.tables)) {
    await eraseRows(tx, schema, map, name, { user_ids, addresses: [] })
  }
}

const lowered = ({ user_ids, addresses }: Subjects): Subjects => ({
  user_ids: [...new Set(user_ids)],
  addresses: [...new Set(addresses.map(storedAddress))],
})

/** Whose account ended, and their addresses where these were proven. */
export const subjectsOfDeleted = (
  events: { data: { user_id: string, email: string, email_verified?: boolean } }[]
): Subjects => ({
  user_ids: events.map(({ data }) => data.user_id),
  addresses: events.flatMap(({ data }) => data.email_verified ? [data.email] : []),
})

export const subjectsOfErased = (events: { data: { address: string } }[]): Subjects =>
  ({ user_ids: [], addresses: events.map(({ data }) => data.address) })

/** Events that tell of an erasure name who is meant, and go as soon as everybody has heard. */
export const erasing_types: readonly string[] = [credentialsDeleted.type, addressErased.type]

/** What was delivered goes; what still has to be, is rewritten so that it names nobody. */
async function eraseMessages (tx: Tx, schema: string, gone: Subjects): Promise<void> {
  const needles = [...gone.user_ids, ...gone.addresses]
  if (needles.length === 0) return
  await deleteMessagesAbout(tx, schema, needles, erasing_types)
  const is_gone = { user: setOf(gone.user_ids), address: setOf(gone.addresses) }
  for (const table of ['outbox', 'dead_letters'] as const) {
    for (const { id, data, is_sent } of
      await findMessagesAbout(tx, schema, table, needles, erasing_types)) {
      const about = (one: Bundled) =>
        needles.some(needle => JSON.stringify(one).toLowerCase().includes(needle))
      await rewriteMessage(tx, schema, table, id, !isBundle(id) ? withoutPeople(data, is_gone)
        : (data as Bundled[]).map(one => one === null || !about(one) ? one
          : is_sent ? null : { ...one, data: withoutPeople(one.data, is_gone) }))
    }
  }
}

function setOf (values: string[]): (value: string) => boolean {
  const set = new Set(values)
  return value => set.has(value)
}

interface Gone { user: (user_id: string) => boolean, address: (lowered: string) => boolean }

/** How much later than its erasure news of an address may have been written and still be old. */
const grace_ms = 10_000

/** Events as they would have been told, had nobody known whose they were. */
export async function withoutErased (
  tx: Tx, schema: string, events: StoredEvent[]
): Promise<StoredEvent[]> {
  const named = events.map(({ type, data }) =>
    erasing_types.includes(type) ? [] : subjectsIn(data))
  const subjects = new Map(named.flat().map(one => [one.toString('hex'), one]))
  if (subjects.size === 0) return events
  const erased = new Map((await findErased(tx, schema, [...subjects.values()]))
    .map(one => [one.subject.toString('hex'), one]))
  if (erased.size === 0) return events
  const isOld = (one: Erased | undefined, at: string) => one !== undefined &&
    (one.user_id !== null || Date.parse(at) <= Date.parse(one.erased_at) + grace_ms)
  const find = (subject: Buffer) => erased.get(subject.toString('hex'))
  return events.map(event => erasing_types.includes(event.type) ? event : {
    ...event,
    data: withoutPeople(event.data, {
      user: id => isOld(find(subjectOfUser(id)), event.created_at),
      address: one => isOld(find(subjectOfAddress(one)), event.created_at),
    }),
  })
}

function subjectsIn (data: unknown): Buffer[] {
  const found: Buffer[] = []
  walk(data, (key, value) => {
    if (key === 'user_id') found.push(subjectOfUser(value))
    if (key === 'email') found.push(subjectOfAddress(value))
  })
  return found
}

function walk (value: unknown, see: (key: string, text: string) => void): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, one] of Object.entries(value)) {
    if (typeof one === 'string') see(key, one)
    else walk(one, see)
  }
}

/**
 * A copy in which a stand-in is where somebody was. Of an order, whose event is told to many, the
 * account goes as well; what tells of an account alone is left to those who know that it is gone.
 */
export function withoutPeople (data: unknown, gone: Gone): unknown {
  const of_order = typeof data === 'object' && data !== null && 'order_id' in data
  const user_id = of_order ? (data as { user_id?: unknown }).user_id : null
  const all_gone = typeof user_id === 'string' && gone.user(user_id)
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy)
    if (typeof value !== 'object' || value === null) return value
    const fields = value as Record<string, unknown>
    const is_person = typeof fields.email === 'string' && 'name' in fields &&
      (all_gone || gone.address(storedAddress(fields.email)))
    return Object.fromEntries(Object.entries(fields).map(([key, one]) => {
      if (is_person && (key === 'name' || key === 'email')) return [key, erasedBuyer[key]]
      if (all_gone && key === 'user_id') return [key, null]
      return [key, copy(one)]
    }))
  }
  return copy(data)
}
