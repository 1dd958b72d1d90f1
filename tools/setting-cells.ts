import type { TObject, TSchema } from 'typebox'

/** A setting as documents show it. */
export interface SettingField {
  name: string
  description: string
  default?: unknown
  examples?: unknown[]
  required: boolean
}

export function fieldsOf (schema: TObject): SettingField[] {
  const required = new Set(schema.required ?? [])
  return Object.entries(schema.properties as Record<string, TSchema & Omit<SettingField, 'name'>>)
    .map(([name, field]) =>
      ({ ...field, name, description: field.description ?? '', required: required.has(name) }))
}

export const defaultOf = ({ default: preset, required }: SettingField) => preset === undefined
  ? (required ? 'made at the first start, or needed' : '–')
  : `\`${String(preset) || '(empty)'}\``
