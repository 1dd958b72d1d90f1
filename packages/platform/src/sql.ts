import { createHash } from 'node:crypto'
import { CompiledQuery } from 'kysely'
import type pg from 'pg'
import { asLines, plainArray } from './array-text.ts'
import type { Client, Db } from './database.ts'

/**
 * The one way to write a statement. What stands in `${}` is a parameter, or a part of a statement
 * made by `sql` too; `node tools/check-statements.ts` compares both with the migrated schema.
 */

/** Part of a statement. What it is true of is for whoever reads the code. */
export interface Fragment<_ = unknown> {
  readonly texts: readonly string[]
  readonly values: readonly unknown[]
}

/** Where a statement can run: a transaction, a pool by either name, or one connection. */
export type Runner = Db | pg.Pool | Client

export interface Statement<Row> extends Fragment<Row> {
  rows: (on: Runner) => Promise<Row[]>
  /** The first row, where there is one. */
  first: (on: Runner) => Promise<Row | undefined>
  /** The row of a statement that always has one. */
  one: (on: Runner) => Promise<Row>
  /** @returns how many rows were written */
  run: (on: Runner) => Promise<number>
}

interface Ready { text: string, name: string }
interface Answer { rows: unknown[], changed: number }

/** Tells what `sql` made from what is a parameter. */
const made_here = Symbol('sql')

function make (texts: readonly string[], values: readonly unknown[]): Statement<unknown> {
  const made = {
    [made_here]: true, texts, values,
    rows: async (on: Runner) => (await send(on, made)).rows,
    first: async (on: Runner) => (await send(on, made)).rows[0],
    async one (on: Runner) {
      const { rows: [row] } = await send(on, made)
      if (row === undefined) throw new Error(`No row of ${texts.join('?')}`)
      return row
    },
    run: async (on: Runner) => (await send(on, made)).changed,
  }
  return made
}

const isFragment = (value: unknown): value is Fragment =>
  typeof value === 'object' && value !== null && made_here in value

/**
 * On one connection of a pool it is prepared by a name made of its text: there the server parses it
 * once, and plans it once where that serves. Elsewhere each is planned for what its tables hold at
 * that moment, which grow a thousandfold in the minute before the server counts them again.
 */
async function send (on: Runner, statement: Fragment): Promise<Answer> {
  const { texts, values } = flattened(statement)
  if ('executeQuery' in on) {
    const { rows, numAffectedRows } =
      await on.executeQuery(CompiledQuery.raw(readyOf(texts).text, [...values]))
    return { rows, changed: Number(numAffectedRows ?? 0) }
  }
  const { name, text } = readyOf(texts)
  const is_pool = 'totalCount' in on
  const { rows, rowCount } =
    await on.query({ ...is_pool ? {} : { name }, text, values: values as unknown[] })
  return { rows, changed: rowCount ?? 0 }
}

/** Texts of a template are one list for ever, so most are put together and named once. */
const ready = new WeakMap<readonly string[], Ready>()
/** Of those with parts, by what they say. What is made of endless names is not kept. */
const named = new Map<string, Ready>()
const most_named = 2000

function readyOf (texts: readonly string[]): Ready {
  const known = ready.get(texts)
  if (known) return known
  let text = texts[0]!
  for (let at = 1; at < texts.length; at++) text += `$${at}${texts[at]}`
  const same = named.get(text)
  if (same) return same
  const made = { text, name: createHash('sha1').update(text).digest('base64url') }
  if (isTemplate(texts)) ready.set(texts, made)
  else if (named.size < most_named) named.set(text, made)
  return made
}

const isTemplate = (texts: readonly string[]) => 'raw' in texts

function flattened (made: Fragment): Fragment {
  if (!made.values.some(isFragment)) return made
  const texts = [made.texts[0]!]
  const values: unknown[] = []
  for (const [at, value] of made.values.entries()) {
    if (isFragment(value)) {
      const inner = flattened(value)
      texts[texts.length - 1] += inner.texts[0]!
      texts.push(...inner.texts.slice(1))
      values.push(...inner.values)
    } else {
      values.push(value)
      texts.push('')
    }
    texts[texts.length - 1] += made.texts[at + 1]!
  }
  return { texts, values }
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
const raw = (text: string): Fragment => make([text], [])

/** @returns a statement, or a part of one */
export const sql = Object.assign(
  <Row = unknown>(texts: TemplateStringsArray, ...values: unknown[]) =>
    make(texts, values) as Statement<Row>,
  {
    /** As it is; never of what somebody sent. */
    raw,
    /** A name that may have a schema or table before it: `orders.pools`. */
    ref: (name: string) => raw(name.split('.').map(quoted).join('.')),
    id: (...names: string[]) => raw(names.map(quoted).join('.')),
    /** A constant that the planner shall know. */
    lit: (value: string | number) =>
      raw(typeof value === 'number' ? String(value) : `'${value.replaceAll('\'', '\'\'')}'`),
    join: (parts: readonly unknown[], between: Fragment = raw(', ')): Fragment =>
      make(['', ...parts.map(() => '')],
        parts.map((part, at) => at === 0 ? part : make(['', '', ''], [between, part]))),
  })

/** What an item has to hold for a column of each type; null everywhere. */
interface ItemTypes {
  uuid: string, timestamptz: string, boolean: boolean
  smallint: number, integer: number, bigint: number
  text: string, bytea: Uint8Array | string, int4multirange: string
  /** A text without line breaks, and none that is empty: cheaper than any text. */
  line: string
  /** As `JSON.stringify` writes it. */
  json: string, jsonb: string
  /** Counts items from 1; the last column, and nothing of the item. */
  ordinality: unknown
}

type ItemOf<Columns> = { readonly [Name in keyof Columns as
  Columns[Name] extends 'ordinality' ? never : Name
]: ItemTypes[Columns[Name] & keyof ItemTypes] | null }

const plain = new Set(['uuid', 'smallint', 'integer', 'bigint', 'boolean'])
const of_lines = new Set(['line', 'json', 'jsonb'])

/**
 * Items as a table of the statement: `from ${rows(pools, { id: 'uuid', held: 'integer' })} as p`.
 * Each column is one parameter, however many items there are.
 */
export function rows<const Columns extends Record<string, keyof ItemTypes>> (
  items: readonly NoInfer<ItemOf<Columns>>[], columns: Columns
): Fragment {
  const names = Object.keys(columns)
  const given = names.filter(name => columns[name] !== 'ordinality')
  const texts = given.map((name, at) => {
    const before = at === 0 ? '(select * from unnest(' : `${endOf(columns[given[at - 1]!]!)}, `
    return before + (of_lines.has(columns[name]!) ? 'string_to_array(' : '')
  })
  const last = `${endOf(columns[given.at(-1)!]!)})${given.length < names.length ? ' with ordinality' : ''}`
  return make([...texts, `${last} as items (${names.map(quoted).join(', ')}))`],
    given.map(name => arrayOf(
      items.map(item => (item as Record<string, unknown>)[name]), columns[name]!)))
}

const endOf = (type: string) => !of_lines.has(type) ? `::${type}[]`
  : `, E'\\n', '')${type === 'line' ? '' : `::${type}[]`}`

function arrayOf (values: unknown[], type: keyof ItemTypes): unknown {
  if (plain.has(type)) return plainArray(values as (string | null)[])
  return of_lines.has(type) ? asLines(values as (string | null)[]) : values
}
