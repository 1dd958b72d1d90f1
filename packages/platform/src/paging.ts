import { invalid } from '@fermata/contracts/problems'
import { Problem } from './problem.ts'

/**
 * The position a cursor stands for: the sort columns of the last item of the page before, as
 * base64url JSON.
 * @throws Problem `request/invalid` for a cursor that we did not give out
 */
export function readCursor<K extends Record<string, string | number | null>> (
  cursor: string | undefined, keys: (keyof K)[]
): K | null {
  if (cursor === undefined) return null
  try {
    const position = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as K
    if (keys.every(key => fits(String(key), position[key]))) return position
  } catch { /* answered below */ }
  throw new Problem(
    invalid, undefined,
    { extensions: { errors: [{ field: 'cursor', message: 'is not a cursor of this list' }] } }
  )
}

/**
 * A column's name tells what it holds; anybody can write a cursor, and the database would choke on
 * another value.
 */
function fits (column: string, value: unknown): boolean {
  if (value === null || (typeof value === 'number' && !/(^|_)(id|at)$/.test(column))) return true
  if (typeof value !== 'string' || value.includes('\0')) return false
  if (/(^|_)id$/.test(column)) return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
  return !column.endsWith('_at') || (/^[12]\d{3}-/.test(value) && !Number.isNaN(Date.parse(value)))
}

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
