import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { InvalidRequest } from './http-errors.ts'

/** A caller who sends a thousand wrong fields learns of the first twenty. */
const max_errors = 20

/**
 * Compiles a contract's schema into Fastify's validator. Texts in paths and queries become the numbers and booleans
 * they stand for; bodies are taken as they are: a quantity of "2" is refused, not guessed at.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema)
  const has_defaults = JSON.stringify(schema).includes('"default":')
  return (data: unknown) => {
    let value = httpPart === 'body' ? data ?? {} : Value.Convert(schema, data)
    if (has_defaults) value = Value.Default(schema, value)
    return validator.Check(value) ? { value } : { error: new InvalidRequest(explain(validator, value)) }
  }
}

function explain (validator: { Errors (value: unknown): Iterable<unknown> }, value: unknown): { field: string, message: string }[] {
  const errors = new Map<string, string>()
  for (const error of validator.Errors(value)) {
    const { instancePath = '', message = 'is not valid', params, keyword } = error as {
      instancePath?: string, message?: string, keyword?: string,
      params?: { requiredProperties?: string[], additionalProperties?: string[] } }
    const path = instancePath.slice(1).replaceAll('/', '.')
    const below = (name: string) => path ? `${path}.${name}` : name
    if (keyword === 'required') for (const name of params?.requiredProperties ?? []) errors.set(below(name), 'is required')
    else if (keyword === 'additionalProperties') {
      for (const name of params?.additionalProperties ?? []) errors.set(below(name), 'is not a field of this request')
    } else if (!errors.has(path)) errors.set(path, message)
    if (errors.size >= max_errors) break
  }
  return [...errors].map(([field, message]) => ({ field, message }))
}
