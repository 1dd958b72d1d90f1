import { isMoment } from '@fermata/contracts/formats'
import { invalid } from '@fermata/contracts/problems'
import { Problem } from './problem.ts'

/** More than any cursor of ours is long. */
const max_cursor_length = 500

/**
 * The position a cursor stands for: the sort columns of the last item of the page before, as
 * base64url JSON.
 * @throws Problem `request/invalid` for a cursor that no list with these columns gave out
 */
export function readCursor<K extends Record<string, string | number>> (
  cursor: string | undefined, keys: (keyof K & string)[]
): K | null {
  if (cursor === undefined) return null
  const position = decode(cursor)
  if (isPosition<K>(position, keys)) return position
  throw new Problem(
    invalid, undefined,
    { extensions: { errors: [{ field: 'cursor', message: 'is not a cursor of this list' }] } }
  )
}

function decode (cursor: string): unknown {
  if (!/^[\w-]+$/.test(cursor) || cursor.length > max_cursor_length) return null
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown
  } catch {
    return null
  }
}

function isPosition<K> (position: unknown, keys: (keyof K & string)[]): position is K {
  if (typeof position !== 'object' || position === null || Array.isArray(position)) return false
  return Object.keys(position).length === keys.length &&
    keys.every(key => Object.hasOwn(position, key) && fits(key, position[key as never]))
}

/**
 * A column's name tells what it holds; anybody can write a cursor, and the database would choke on
 * another value.
 */
function fits (column: string, value: unknown): boolean {
  if (/(^|_)id$/.test(column)) return typeof value === 'string' && isUuid(value)
  if (column.endsWith('_at')) return typeof value === 'string' && isMoment(value)
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= largest_integer
}

/** What an `integer` of PostgreSQL holds. */
const largest_integer = 2_147_483_647

const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)

/**
 * One page of a list.
 * @param rows one more than `limit` when there is a next page
 * @param position the sort columns that the next page begins after
 */
export function pageOf<R, I> (
  rows: R[], limit: number, position: (row: R) => object, present: (row: R) => I
): { items: I[], next_cursor: string | null } {
  const items = rows.slice(0, limit)
  const last = rows.length > limit ? items.at(-1) : undefined
  return {
    items: items.map(present),
    next_cursor: last ? Buffer.from(JSON.stringify(position(last))).toString('base64url') : null
  }
}
