import { randomUUID } from 'node:crypto'
import { holds_card_number, invalid, keyReused } from '@fermata/contracts/problems'
import { problemIs, type ProblemBody } from '@fermata/contracts/client'
import { data } from 'react-router'
import type { TObject, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import type { TextKey, Translate } from '../i18n/translate.ts'

/** What a form's action answers; the page shows what was entered again, with what to mend. */
export interface FormAnswer {
  /** Which form of the page it was, where there are several. */
  form?: string
  values: Record<string, string>
  /** By field name; nested fields read `venue.city`. */
  errors: Record<string, string>
  /** Above the form: what went wrong as a whole. */
  problem?: string
  /** What was done. */
  done?: string
}

const max_fields = 100

/** The text fields of a form, trimmed. Passwords are kept as typed, and never shown again. */
export function textsOf (form: FormData): Record<string, string> {
  const values: Record<string, string> = {}
  for (const [name, value] of [...form].slice(0, max_fields)) {
    if (typeof value === 'string') values[name] = name.includes('password') ? value : value.trim()
  }
  return values
}

type Texts = Record<string, string>

const withoutPasswords = (values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !name.includes('password')))

/** The answer to a form that cannot be taken as it is. */
export function refuse (
  t: Translate, values: Texts, errors: Texts, problem?: string
): FormAnswer {
  return { values: withoutPasswords(values), errors, problem: problem ?? t('errors.form.check') }
}

/** The key that came with the page of the form; anything else is no key, and gets a new one. */
export const keyOf = (texts: Texts): string =>
  /^[\w-]{8,64}$/.test(texts.idempotency_key ?? '') ? texts.idempotency_key! : randomUUID()

/**
 * The form again when the API is busy, away, or took this key with other words before: what was
 * typed is kept, with a new key. Null for what sending again would not mend.
 */
export function keepTyped (
  t: Translate, texts: Texts, { status, problem }: { status: number, problem: ProblemBody }
) {
  if (status < 500 && status !== 429 && !problemIs(problem, keyReused)) return null
  const values = { ...texts, idempotency_key: randomUUID() }
  return data(refuse(t, values, {}, t('errors.form.retry')), { status })
}

interface SchemaError { keyword: string, instancePath: string, params: object }

/**
 * What the contract's schema says about a value, by field, in the reader's language. Empty:
 * nothing.
 */
export function check (t: Translate, schema: TSchema, value: unknown): Record<string, string> {
  const errors: Record<string, string> = {}
  for (const error of Value.Errors(schema, value) as SchemaError[]) {
    const path = error.instancePath.split('/').filter(Boolean).join('.')
    const missing = (error.params as { requiredProperties?: string[] }).requiredProperties ?? []
    if (error.keyword === 'required') for (const name of missing) errors[path ? `${path}.${name}` : name] ??= t('errors.form.required')
    else errors[path] ??= explain(t, error, valueAt(value, path))
  }
  return errors
}

type Branch = Record<string, unknown>

const valueAt = (value: unknown, path: string): unknown =>
  path.split('.').reduce((part, name) => (part as Branch | undefined)?.[name], value)

const limits: Record<string, TextKey> = {
  minLength: 'errors.form.too_short', maxLength: 'errors.form.too_long', minimum: 'errors.form.too_small', maximum: 'errors.form.too_large',
}

function explain (t: Translate, { keyword, params }: SchemaError, value: unknown): string {
  const is_empty = value === undefined || (typeof value === 'string' && value.trim() === '')
  if (is_empty) return t('errors.form.required')
  const limit = (params as { limit?: number }).limit
  const key = limits[keyword]
  if (key && limit !== undefined) return t(key, { limit })
  const format = (params as { format?: string }).format
  if (format === 'email') return t('errors.form.email')
  if (format === 'date-time') return t('errors.form.time')
  if (keyword === 'type') return t('errors.form.number')
  return t(keyword === 'enum' ? 'errors.form.choice' : 'errors.form.invalid')
}

/**
 * The fields that the API itself refused; its words are for programs, so each reads "not valid".
 * @param inside what the form leaves out before the names of its fields, such as `buyer.`
 */
export function fieldsRefused (
  t: Translate, problem: ProblemBody, inside = ''
): Record<string, string> {
  if (!problemIs(problem, invalid)) return {}
  return Object.fromEntries(problem.errors.map(({ field, message }) => [
    inside && field.startsWith(inside) ? field.slice(inside.length) : field,
    t(message === holds_card_number ? 'errors.form.card' : 'errors.form.invalid'),
  ]))
}

/** What a browser can check by itself before it sends, as the attributes of an input. */
export interface InputRules {
  required?: boolean, pattern?: string
  minLength?: number, maxLength?: number, min?: number, max?: number
}

interface PlainSchema extends InputRules {
  minimum?: number, maximum?: number, properties?: Record<string, PlainSchema>
}

/** The contract's schema as attributes of inputs, by field name; nested objects as `venue.city`. */
export function inputRules (schema: TObject, prefix = ''): Record<string, InputRules> {
  const rules: Record<string, InputRules> = {}
  const required = new Set((schema as { required?: string[] }).required)
  for (const [name, field] of Object.entries(schema.properties as Record<string, PlainSchema>)) {
    const path = prefix + name
    if (field.properties) Object.assign(rules, inputRules(field as unknown as TObject, `${path}.`))
    else rules[path] = {
      required: required.has(name),
      minLength: field.minLength, maxLength: field.maxLength,
      min: field.minimum, max: field.maximum,
      // Browsers match the whole value; other patterns mean something else there.
      pattern: field.pattern && /^\^[\w[\]{}-]+\$$/.test(field.pattern) ? field.pattern.slice(1, -1) : undefined,
    }
  }
  return rules
}
