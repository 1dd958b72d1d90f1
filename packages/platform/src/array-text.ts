/**
 * Arrays for PostgreSQL as one text each. `pg` asks of every element what it is and what to escape
 * in it: in a batch of orders that took longer than all decisions about them.
 */

/**
 * An array of what never needs quotes: ids, numbers, words of our own. The statement says its type.
 */
export const plainArray = (values: readonly (string | number | null)[]): string => {
  let text = '{'
  for (let at = 0; at < values.length; at++) text += `${at === 0 ? '' : ','}${values[at] ?? 'NULL'}`
  return `${text}}`
}

/** An `int4multirange`. @param places at least one, each named once */
export function placeSet (places: readonly number[]): string {
  const [first, last] = [Math.min(...places), Math.max(...places)]
  // Nearly always without a gap.
  if (last - first === places.length - 1) return `{[${first},${last + 1})}`
  return `{${places.map(place => `[${place},${place + 1})`).join()}}`
}

/**
 * Texts without line breaks, which `string_to_array($1, E'\n')` takes apart: JSON as
 * `JSON.stringify` writes it, addresses, headers. None of them is empty: that would be null.
 */
export const asLines = (texts: readonly (string | null)[]): string => texts.join('\n')
