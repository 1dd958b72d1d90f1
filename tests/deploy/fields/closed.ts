import { Type, type TProperties, type TSchema } from 'typebox'
import { Errors } from 'typebox/value'

/** Objects of other programs' configurations: a field that is not named here is a slip. */
export const closed = (fields: TProperties, required: string[] = []): TSchema => {
  const of = Object.entries(fields).map(([name, field]) =>
    [name, required.includes(name) ? field : Type.Optional(field)])
  return Type.Object(Object.fromEntries(of) as TProperties, { additionalProperties: false })
}
export const text = Type.String()
export const yes_or_no = Type.Boolean()
export const whole = Type.Integer()
export const texts = Type.Array(Type.String())
export const named = (field: TSchema) => Type.Record(Type.String(), field)

/** Where a value does not fit, for a person. */
export const mistakes = (schema: TSchema, value: unknown): string[] =>
  [...Errors(schema, value)].map(error => `${error.instancePath} ${JSON.stringify(error.params)}`)
