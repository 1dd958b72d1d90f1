import fc from 'fast-check'
import type { TSchema } from 'typebox'
import { oddTexts } from './odd-values.ts'

/**
 * Values that fit a contract's schema. What only the running system knows (an id, a code, the time)
 * is a `Lookup` that is resolved when its request is sent, so that ids of one answer become part of
 * later requests and a shrunken sequence still makes sense.
 */

export class Lookup {
  readonly kind: string
  /** Counted from the newest; beyond the oldest it begins anew. */
  readonly number: number

  constructor (kind: string, number: number) {
    this.kind = kind
    this.number = number
  }

  [fc.toStringMethod] () { return `<${this.kind} ${this.number}>` }
}

interface JsonSchema {
  type?: string, format?: string, pattern?: string, enum?: string[], const?: unknown
  anyOf?: TSchema[], items?: TSchema, properties?: Record<string, TSchema>, required?: string[]
  minItems?: number, maxItems?: number, uniqueItems?: boolean
  minLength?: number, maxLength?: number, minimum?: number, maximum?: number
  contentMediaType?: string
}

/** Mostly the newest: what a sequence has just made. Of the rest, the oldest is what was paid for. */
const newest = fc.oneof({ weight: 3, arbitrary: fc.nat(2) }, { weight: 2, arbitrary: fc.nat(79) })
const lookup = (kind: string) => newest.map(number => new Lookup(kind, number))

/** Which things the ids of a field are, where the name does not say it. */
const kindsByName: Record<string, string> = {
  subject_id: 'order', pool_ids: 'pool', order_ids: 'order', ticket_type_ids: 'ticket_type',
}
const kindsByPath: readonly (readonly [RegExp, string])[] = [
  [/^\/api\/events/, 'event'], [/^\/api\/organizers/, 'organizer'], [/^\/api\/orders/, 'order'],
  [/^\/api\/ticket-types/, 'ticket_type'], [/^\/api\/promo-codes/, 'promo_code'],
  [/^\/api\/payments/, 'payment'], [/^\/api\/tickets/, 'ticket'], [/^\/api\/users/, 'user'],
  [/^\/api\/auth\/sessions/, 'login'], [/dead-letters/, 'dead_letter'], [/^\/api\/backups/, 'backup'],
  [/deliveries/, 'delivery'], [/mailbox/, 'mail'], [/^\/api\/notifications/, 'notification'],
]

/** @returns whose ids a field of this name holds */
export function kindOf (name: string, path: string): string {
  if (name === 'id') return kindsByPath.find(([pattern]) => pattern.test(path))?.[1] ?? 'any'
  return kindsByName[name] ?? (name.endsWith('_id') ? name.slice(0, -3) : 'any')
}

/** Days from now at which a moment of this name makes sense. */
function daysOf (name: string): [number, number] {
  if (/^ends_at|^to$|until|sales_end/.test(name)) return [11, 20]
  if (/^starts_at|opens_at/.test(name)) return [1, 10]
  return [-20, -1]
}

/** What a text of this name is, in this request. */
function namedText (name: string, path: string): fc.Arbitrary<unknown> | undefined {
  if (name.endsWith('password')) return fc.constantFrom('correct horse battery', 'another horse battery')
  if (name === 'email' || name === 'to') return lookup(path.includes('/members') ? 'stranger' : 'email')
  if (name === 'timezone') return fc.constantFrom('Europe/Paris', 'America/New_York', 'Asia/Kolkata')
  if (name === 'currency') return fc.constantFrom('EUR', 'EUR', 'EUR', 'JPY')
  if (name === 'country') return fc.constantFrom('FR', 'US')
  if (name === 'cursor') return fc.oneof(lookup('cursor'), fc.constantFrom(...oddTexts.slice(25, 42)))
  if (name === 'token') return lookup(path.includes('queue') ? 'queue_token' : 'link_token')
  if (name === 'code') {
    if (/check-ins|validate/.test(path)) return lookup('ticket_code')
    return path.includes('promo') ? fc.stringMatching(/^[A-Z]{6}$/) : undefined
  }
  if (/^(refresh_token|challenge|queue_pass|promo_code|access_code|recovery_code)$/.test(name)) {
    return lookup(name)
  }
  return undefined
}

function text (schema: JsonSchema, name: string, path: string): fc.Arbitrary<unknown> {
  if (schema.format === 'uuid') return lookup(kindOf(name, path))
  if (schema.format === 'date-time') {
    const [min, max] = daysOf(name)
    return fc.integer({ min, max }).map(days => new Lookup('moment', days))
  }
  const named = namedText(name, path)
  if (named) return named
  const min = schema.minLength ?? 0
  const max = Math.min(schema.maxLength ?? 40, min + 40)
  // Names that look ahead are beyond the generator; letters fit all of them.
  if (schema.pattern && !/\(\?|\\u/.test(schema.pattern)) {
    return fc.stringMatching(new RegExp(schema.pattern, 'u'))
      .map(made => made.padEnd(min, made || 'a').slice(0, schema.maxLength))
  }
  const letters = fc.constantFrom(...'abcdefghij éß漢🎭'.split(' ').join(''))
  return fc.array(letters, { minLength: Math.max(min, 1), maxLength: Math.max(max, 1) })
    .map(list => list.join('').slice(0, schema.maxLength))
}

function whole ({ minimum = -5, maximum = 1000 }: JsonSchema): fc.Arbitrary<number> {
  const near = Math.min(maximum, minimum + 6)
  return fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: minimum, max: near }) },
    { weight: 2, arbitrary: fc.integer({ min: minimum, max: Math.min(maximum, 5000) }) },
    { weight: 1, arbitrary: fc.constantFrom(minimum, maximum) })
}

/** Mostly without what may be left out: with it, hardly anything would be as it should. */
export function fieldsOf (
  fields: Record<string, fc.Arbitrary<unknown>>, required: readonly string[] = []
): fc.Arbitrary<Record<string, unknown>> {
  const often_left = required.length > 0 ? 6 : 2
  const maybe = (value: fc.Arbitrary<unknown>) => fc.oneof(
    { weight: often_left, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })
  const shape = Object.entries(fields).map(([name, value]) =>
    [name, required.includes(name) ? value : maybe(value)])
  return fc.record(Object.fromEntries(shape) as typeof fields).map(made =>
    Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)))
}

function object (schema: JsonSchema, path: string): fc.Arbitrary<unknown> {
  const fields = Object.entries(schema.properties ?? {})
  return fieldsOf(Object.fromEntries(fields.map(([name, one]) => [name, valueOf(one, name, path)])),
    schema.required)
}

function list (schema: JsonSchema, name: string, path: string): fc.Arbitrary<unknown> {
  const minLength = schema.minItems ?? 0
  const lengths = { minLength, maxLength: Math.min(schema.maxItems ?? 4, minLength + 2) }
  const items = valueOf(schema.items!, name, path)
  return schema.uniqueItems
    ? fc.uniqueArray(items, { ...lengths, comparator: (a, b) => String(a) === String(b) })
    : fc.array(items, lengths)
}

/** @param path of the route, which tells whose `id` it is */
export function valueOf (given: TSchema, name: string, path: string): fc.Arbitrary<unknown> {
  const schema = given as JsonSchema
  if (schema.contentMediaType) return fc.constantFrom('', '{}\n', '{"table":"x"}\n{"row":1}\n', '\0')
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if ('const' in schema) return fc.constant(schema.const)
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(one => valueOf(one, name, path)))
  if (schema.type === 'null') return fc.constant(null)
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'integer') return whole(schema)
  if (schema.type === 'number') {
    return fc.double({ min: schema.minimum, max: schema.maximum, noNaN: true })
  }
  if (schema.type === 'string') return text(schema, name, path)
  if (schema.type === 'array') return list(schema, name, path)
  if (schema.type === 'object' && schema.properties) return object(schema, path)
  return fc.jsonValue({ maxDepth: 2 })
}
