import { readFileSync } from 'node:fs'
import type { Static, TObject, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { fromText } from './text-values.ts'

/** The environment, or what a test puts in its place. */
export type Environment = Record<string, string | undefined>

/**
 * Reads one schema's settings from the environment: texts become numbers and booleans, defaults
 * fill in, and a wrong value stops the start with a sentence naming the variable, what was expected
 * and an example.
 */
export function readSettings<S extends TObject> (schema: S, environment: Environment): Static<S> {
  const values: Record<string, unknown> = {}
  const wrong: string[] = []
  for (const [name, field] of Object.entries(schema.properties as Record<string, TSchema>)) {
    const text = environment[name]
    const described = field as TSchema & {
      default?: unknown, examples?: unknown[], description?: string
    }
    const value = text === undefined || text === '' ? described.default : fromText(field, text)
    if (value === undefined && !schema.required?.includes(name)) continue
    if (Value.Check(field, value)) values[name] = value
    else wrong.push(explain(name, described))
  }
  if (wrong.length > 0) throw new Error(
    `Some settings are not usable:\n${wrong.map(line => `  ${line}`).join('\n')}`
  )
  return values as Static<S>
}

// The value itself is not shown: it may be a secret.
function explain (name: string, field: { description?: string, examples?: unknown[] }): string {
  const example = field.examples?.[0]
  return `${name}: expected ${field.description ?? 'another value'}${example === undefined
    ? ''
    : `, e.g. ${name}=${String(example)}`}`
}

/** The settings that their schema marks with `secret: true`: deployments hand them on as files. */
export const secretsOf = (schema: TObject): string[] =>
  Object.entries(schema.properties as Record<string, TSchema & { secret?: boolean }>)
    .filter(([, field]) => field.secret).map(([name]) => name)

/** A secret is a line; whoever names a device or a log by mistake is told, not waited for. */
const max_file_characters = 64 * 1024

/**
 * Takes what `<NAME>_FILE` names as the value of the setting `<NAME>`, without the line's end: so
 * containers are given secrets, which an environment would show to whoever may look at a process.
 * @throws naming the variable, when the file cannot be read or both names are set
 */
export function readSettingFiles (schemas: TObject[], environment: Environment): Environment {
  const read: Environment = { ...environment }
  for (const name of new Set(schemas.flatMap(schema => Object.keys(schema.properties)))) {
    const file = environment[`${name}_FILE`]
    if (!file) continue
    if (environment[name]) throw new Error(`${name} and ${name}_FILE are both set: keep one.`)
    read[name] = readSetting(name, file)
    delete read[`${name}_FILE`]
  }
  return read
}

function readSetting (name: string, file: string): string {
  let text
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(`${name}_FILE: ${file} cannot be read (${code}).`, { cause: error })
  }
  if (text.length <= max_file_characters) return text.replace(/\r?\n$/, '')
  throw new Error(`${name}_FILE: ${file} is longer than a setting.`)
}

/**
 * Names beginning with `FERMATA_` that nothing declares: most often a slip of the keyboard, so the
 * start refuses them.
 */
export function unknownSettings (schemas: TObject[], environment: Environment): string[] {
  const known = new Set(schemas.flatMap(schema => Object.keys(schema.properties)))
  return Object.keys(environment).filter(name => name.startsWith('FERMATA_') && !known.has(name))
}
