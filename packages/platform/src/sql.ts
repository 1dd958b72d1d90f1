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
  const { text, name, values } = readyOf(statement)
  if ('executeQuery' in on) {
    const { rows, numAffectedRows } = await on.executeQuery(CompiledQuery.raw(text, values))
    return { rows, changed: Number(numAffectedRows ?? 0) }
  }
  const { rows, rowCount } = await on.query('totalCount' in on ? { text, values }
    : { name, text, values })
  return { rows, changed: rowCount ?? 0 }
}

/** What a template was put together to, by the lists of texts of it and of its parts. */
interface Variant extends Ready { lists: (readonly string[])[] }

/** Texts of a template are one list for ever; where a statement has endless parts, few are kept. */
const ready = new WeakMap<readonly string[], Variant[]>()
const most_variants = 64

function readyOf (made: Fragment): Ready & { values: unknown[] } {
  const lists: (readonly string[])[] = []
  const values: unknown[] = []
  collect(made, lists, values)
  const known = ready.get(made.texts)
  const variant = known?.find(one => one.lists.length === lists.length &&
    one.lists.every((list, at) => list === lists[at]))
  if (variant) return { text: variant.text, name: variant.name, values }
  const text = textOf(made, { parameters: 0 })
  const name = createHash('sha1').update(text).digest('base64url')
  if (!known) ready.set(made.texts, [{ lists, text, name }])
  else if (known.length < most_variants) known.push({ lists, text, name })
  return { text, name, values }
}

function collect (made: Fragment, lists: (readonly string[])[], values: unknown[]): void {
  lists.push(made.texts)
  for (const value of made.values) {
    if (isFragment(value)) collect(value, lists, values)
    else values.push(value)
  }
}

const textOf = ({ texts, values }: Fragment, count: { parameters: number }): string =>
  texts.map((text, at) => {
    if (at === values.length) return text
    const value = values[at]
    return text + (isFragment(value) ? textOf(value, count) : `$${++count.parameters}`)
  }).join('')

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

/** Lists of texts that are the same list each time, so that what they are part of is known again. */
const lists = new Map<string, readonly string[]>()
const most_lists = 5000

function sameList (key: string, list: () => string[]): readonly string[] {
  const known = lists.get(key)
  if (known) return known
  const own = list()
  if (lists.size < most_lists) lists.set(key, own)
  return own
}

const raw = (text: string): Fragment => make(sameList(`raw ${text}`, () => [text]), [])
const between_two = ['', '', '']

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

/** What stands before and behind the parameter of a column. */
const arraysOf = (type: keyof ItemTypes): [string, string] => !of_lines.has(type)
  ? ['', `::${type}[]`]
  : ['string_to_array(', `, E'\\n', '')${type === 'line' ? '' : `::${type}[]`}`]

interface Table { texts: readonly string[], columns: [string, keyof ItemTypes][] }
const tables = new Map<string, Table>()

function tableOf (columns: Record<string, keyof ItemTypes>): Table {
  const key = JSON.stringify(columns)
  const known = tables.get(key)
  if (known) return known
  const names = Object.keys(columns)
  const given = Object.entries(columns).filter(([, type]) => type !== 'ordinality')
  const texts = ['(select * from unnest(']
  for (const [at, [, type]] of given.entries()) {
    const [before, behind] = arraysOf(type)
    texts[at] += before
    texts.push(`${behind}${at < given.length - 1 ? ', ' : ')'}`)
  }
  texts[given.length] += `${given.length < names.length ? ' with ordinality' : ''} as items (${
    names.map(quoted).join(', ')}))`
  const table: Table = { texts, columns: given }
  if (tables.size < most_lists) tables.set(key, table)
  return table
}

function rowsOf<const Columns extends Record<string, keyof ItemTypes>> (
  items: readonly NoInfer<ItemOf<Columns>>[], columns: Columns
): Fragment {
  const table = tableOf(columns)
  return make(table.texts, table.columns.map(([name, type]) => {
    const values = items.map(item => (item as Record<string, unknown>)[name]) as (string | null)[]
    if (plain.has(type)) return plainArray(values)
    return of_lines.has(type) ? asLines(values) : values
  }))
}

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
      make(sameList(`join ${parts.length}`, () => ['', ...parts.map(() => '')]),
        parts.map((part, at) => at === 0 ? part : make(between_two, [between, part]))),
    /**
     * Items as a table of the statement: `from ${sql.rows(pools, { id: 'uuid', held: 'integer' })} as p`.
     * Each column is one parameter, however many items there are.
     */
    rows: rowsOf,
  })
