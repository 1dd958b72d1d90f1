import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { InvalidRequest } from './http-errors.ts'
import { fromText } from './text-values.ts'

/** A caller who sends a thousand wrong fields learns of the first twenty. */
const max_errors = 20
/**
 * Deeper than any body of ours; where a contract takes any JSON, this is what keeps it from filling
 * the stack.
 */
const max_depth = 50

/**
 * Compiles a contract's schema into Fastify's validator. Texts in paths and queries become the
 * numbers and booleans they stand for; bodies are taken as they are: a quantity of "2" is refused,
 * not guessed at.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema)
  const has_defaults = JSON.stringify(schema).includes('"default":')
  return (data: unknown) => {
    let value: unknown = httpPart === 'body'
      ? data ?? {}
      : fromTexts(schema, data as Record<string, unknown>)
    if (has_defaults) value = Value.Default(schema, value)
    if (!validator.Check(value)) return { error: new InvalidRequest(explain(validator, value)) }
    const field = findUnstorable(value)
    return field === null
      ? { value }
      : {
        error: new InvalidRequest(
          [{ field, message: 'has characters that are no text, or is nested too deep' }]
        )
      }
  }
}

function fromTexts (schema: TSchema, data: Record<string, unknown>): Record<string, unknown> {
  const fields = (schema as { properties?: Record<string, TSchema> }).properties ?? {}
  return Object.fromEntries(Object.entries(data).map(([name, value]) =>
    [name, typeof value === 'string' && Object.hasOwn(fields, name) ? fromText(fields[name]!,
      value) : value]))
}

/**
 * Where a text has what PostgreSQL cannot store: NUL, or half a surrogate pair. JSON can say both,
 * and without this every free text would be a way to an internal error. Bytes are not looked into.
 */
function findUnstorable (value: unknown, path = '', depth = 0): string | null {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? path : null
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return null
  if (depth > max_depth) return path
  for (const [name, one] of Object.entries(value)) {
    const found = findUnstorable(one, path ? `${path}.${name}` : name, depth + 1)
    if (found !== null) return found
  }
  return null
}

function explain (
  validator: { Errors (value: unknown): Iterable<unknown> }, value: unknown
): { field: string, message: string }[] {
  const errors = new Map<string, string>()
  for (const error of validator.Errors(value)) {
    const { instancePath = '', message = 'is not valid', params, keyword } = error as {
      instancePath?: string, message?: string, keyword?: string,
      params?: { requiredProperties?: string[], additionalProperties?: string[] } }
    const path = instancePath.slice(1).replaceAll('/', '.')
    const below = (name: string) => path ? `${path}.${name}` : name
    if (keyword === 'required') for (
      const name of params?.requiredProperties ?? []
    ) errors.set(below(name), 'is required')
    else if (keyword === 'additionalProperties') {
      for (
        const name of params?.additionalProperties ?? []
      ) errors.set(below(name), 'is not a field of this request')
    } else if (!errors.has(path)) errors.set(path, message)
    if (errors.size >= max_errors) break
  }
  return [...errors].map(([field, message]) => ({ field, message }))
}
