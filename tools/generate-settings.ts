import { ServerSettings } from '@fermata/server/server-settings'
import { allServices } from '@fermata/server/services'
import { PlatformSettings } from '@fermata/platform/platform-settings'
import type { TObject } from 'typebox'
import { keepGenerated } from './generated.ts'
import { defaultOf, fieldsOf } from './setting-cells.ts'

/** Writes docs/settings.md from the settings' schemas, or with `--check` compares the page with them. */

const cell = (text: string) => text.replaceAll('|', '\\|')

const listed = new Set<string>()

/** A table of a schema's settings; what several schemas read is listed with the first. */
function table (schema: TObject): string[] {
  return [
    '| name | expected | default | example |', '|---|---|---|---|',
    ...fieldsOf(schema).flatMap(field => {
      if (listed.has(field.name)) return []
      listed.add(field.name)
      const example = field.examples?.[0] === undefined ? '' : `\`${String(field.examples[0])}\``
      return [`| \`${field.name}\` | ${cell(field.description)} | ${cell(defaultOf(field))} | ${cell(example)} |`]
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
