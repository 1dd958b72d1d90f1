import { ServerSettings } from '@fermata/server/server-settings'
import { allServices } from '@fermata/server/services'
import { PlatformSettings } from '@fermata/platform/platform-settings'
import type { TObject, TSchema } from 'typebox'
import { keepGenerated } from './generated.ts'

/** Writes docs/settings.md from the settings' schemas, or with `--check` compares the page with them. */

type Field = TSchema & { description?: string, default?: unknown, examples?: unknown[] }

const cell = (text: string) => text.replaceAll('|', '\\|')

const listed = new Set<string>()

/** A table of a schema's settings; what several schemas read is listed with the first. */
function table (schema: TObject): string[] {
  const required = new Set(schema.required ?? [])
  return [
    '| name | expected | default | example |', '|---|---|---|---|',
    ...Object.entries(schema.properties as Record<string, Field>).flatMap(([name, field]) => {
      if (listed.has(name)) return []
      listed.add(name)
      const preset = field.default === undefined ? (required.has(name) ? 'made at the first start, or needed' : '–') : `\`${String(field.default) || '(empty)'}\``
      const example = field.examples?.[0] === undefined ? '' : `\`${String(field.examples[0])}\``
      return [`| \`${name}\` | ${cell(field.description ?? '')} | ${cell(preset)} | ${cell(example)} |`]
    }),
  ]
}

const services = Object.values(allServices).filter(service => service.settings)

keepGenerated('docs/settings.md', [
  '# Settings', '',
  'Everything Fermata can be told by its environment or a `.env` file beside `package.json`. Nothing has to be set to try it',
  'out; a value that cannot be used stops the start with a sentence that names it. Names beginning with `FERMATA_` that are',
  'not here are refused as slips of the keyboard. `<NAME>_FILE` names a file whose content is the value of `<NAME>`, which',
  'is how containers are given secrets.', '',
  'Written by `node tools/generate-settings.ts` from the schemas; do not edit.', '',
  '## Server', '', ...table(ServerSettings), '',
  '## Every process', '', ...table(PlatformSettings), '',
  ...services.flatMap(service => [`## ${service.name}`, '', ...table(service.settings!), '']),
].join('\n'), 'node tools/generate-settings.ts')
