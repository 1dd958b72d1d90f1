import { holds_card_number } from '@fermata/contracts/problems'
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { holdsCardNumber } from './card-numbers.ts'
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
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart, url }) => {
  const validator = Compile(schema)
  // Between services goes what was let in, some of it before there was this rule.
  const isUnfit = url?.startsWith('/internal/') ? isUnstorable : isUnstorableOrCard
  const has_defaults = JSON.stringify(schema).includes('"default":')
  return (data: unknown) => {
    let value: unknown = httpPart === 'body'
      ? data ?? {}
      : fromTexts(schema, data as Record<string, unknown>)
    if (has_defaults) value = Value.Default(schema, value)
    if (!validator.Check(value)) return { error: new InvalidRequest(explain(validator, value)) }
    const unfit = findUnfit(value, isUnfit)
    return unfit === null ? { value } : { error: new InvalidRequest([unfit]) }
  }
}

function fromTexts (schema: TSchema, data: Record<string, unknown>): Record<string, unknown> {
  const fields = (schema as { properties?: Record<string, TSchema> }).properties ?? {}
  return Object.fromEntries(Object.entries(data).map(([name, value]) =>
    [name, typeof value === 'string' && Object.hasOwn(fields, name) ? fromText(fields[name]!,
      value) : value]))
}

/** Why a text is not taken, or null. */
type IsUnfit = (text: string) => string | null

const unstorable = 'has characters that are no text, or is nested too deep'

/**
 * What PostgreSQL cannot store: NUL, or half a surrogate pair. JSON can say both, and without this
 * every free text would be a way to an internal error.
 */
const isUnstorable: IsUnfit = text =>
  text.includes('\0') || !text.isWellFormed() ? unstorable : null

const isUnstorableOrCard: IsUnfit = text => isUnstorable(text) ??
  (holdsCardNumber(text) ? holds_card_number : null)

interface Unfit { field: string, message: string }

/** Names of fields that were taken before; nearly all are those of our own contracts. */
const fit_names = new Set<string>()
const most_names = 2000
const longest_name = 64

/** A name may hold what no text may; each is looked into once. */
function unfitName (name: string, isUnfit: IsUnfit): string | null {
  if (fit_names.has(name)) return null
  const message = isUnfit(name)
  const is_kept = message === null && isUnfit === isUnstorableOrCard && name.length <= longest_name
  if (is_kept && fit_names.size < most_names) fit_names.add(name)
  return message
}

const pathTo = (path: string, name: string) => path ? `${path}.${name}` : name

/** The first text that is not taken. Bytes are not looked into; names of fields are. */
function findUnfit (value: unknown, isUnfit: IsUnfit, path = '', depth = 0): Unfit | null {
  if (typeof value === 'string') {
    const message = isUnfit(value)
    return message === null ? null : { field: path, message }
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return null
  if (depth > max_depth) return { field: path, message: unstorable }
  for (const [name, one] of Object.entries(value)) {
    const in_name = unfitName(name, isUnfit)
    if (in_name !== null) return { field: path, message: in_name }
    const in_text = typeof one === 'string' ? isUnfit(one) : null
    if (in_text !== null) return { field: pathTo(path, name), message: in_text }
    if (typeof one !== 'object' || one === null) continue
    const found = findUnfit(one, isUnfit, pathTo(path, name), depth + 1)
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
