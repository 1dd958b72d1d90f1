import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'

/**
 * What a text of a query, a path or the environment stands for: a number or boolean where the
 * schema says so, else the text. A number must be written as one: a slip such as `1e3`, `0x10` or
 * `2.5` for an integer is not guessed at.
 */
export function fromText (field: TSchema, text: string): unknown {
  const type = (field as { type?: string }).type
  if (type === 'integer' && !/^-?\d{1,15}$/.test(text)) return text
  if (type === 'number' && !/^-?\d{1,15}(\.\d{1,15})?$/.test(text)) return text
  return Value.Convert(field, text)
}
