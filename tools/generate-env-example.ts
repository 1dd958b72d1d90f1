import { PlatformSettings } from '@fermata/platform/platform-settings'
import { ServerSettings } from '@fermata/server/server-settings'
import { allServices } from '@fermata/server/services'
import type { TObject, TSchema } from 'typebox'
import { composeNote } from '../deploy/dotenv.ts'
import { keepGenerated } from './generated.ts'

/** Writes .env.example from the settings' schemas, or with `--check` compares the file with them. */

type Field = TSchema & { description?: string, default?: unknown, examples?: unknown[] }

/** Read by the Compose files alone. */
const composeSettings: [name: string, example: string, description: string][] = [
  ['FERMATA_VERSION', 'local', 'the tag of the image that Compose builds and runs'],
  ['HOST_PORT_TRAEFIK', '80',
    'the port of this machine at which visitors arrive; PUBLIC_URL names it too if it is another'],
  ['HOST_PORT_TRAEFIK_TLS', '443', 'the same with TLS, in production'],
  ['HOST_PORT_GATEWAY', '8000', 'in development a second port, at which they find the same'],
  ['HOST_PORT_TRAEFIK_DASHBOARD', '8080', 'the dashboard in development, open to this machine alone'],
  ['HOST_PORT_NGINX', '8088', 'nginx instead of Traefik: docker compose --profile nginx up'],
  ['DASHBOARD_USER', 'ops', 'who may see the dashboard in production, at https://traefik.localhost'],
  ['DASHBOARD_PASSWORD_HASH', '\'$2y$05$…\'',
    'the hash of that password, in single quotes: htpasswd -nbB ops <password>. '
    + 'DASHBOARD_PASSWORD, the password itself, is read by nobody and belongs in no file'],
]

const listed = new Set<string>()

function section (title: string, schema: TObject): string[] {
  const fields = Object.entries(schema.properties as Record<string, Field>)
    .filter(([name]) => !listed.has(name))
  if (fields.length === 0) return []
  return ['', `# ---- ${title}`, ...fields.flatMap(([name, field]) => {
    listed.add(name)
    const has_default = field.default !== undefined && field.default !== ''
    const value = has_default ? field.default : field.examples?.[0]
    const note = composeNote(name)
    return [`# ${field.description ?? ''}`, ...note === null ? [] : [`# (${note})`],
      `#${name}=${quoted(String(value ?? ''))}`]
  })]
}

// Such characters end a value, or begin a comment, for one or another reader of the file.
const quoted = (value: string) => /[\s#<>"$*]/.test(value) ? `'${value}'` : value

keepGenerated('.env.example', [
  '# Copy this to .env and take the # from the lines you need. Nothing is needed to try Fermata out;',
  '# docs/settings.md explains the settings, docs/operate says which ones production asks for.',
  '# A value from a file: NAME_FILE=/path instead of NAME=value; Compose reads no such line.',
  '# npm start reads every line. Where Compose does not, the line says so.',
  '#',
  '# Written by `node tools/generate-env-example.ts` from the schemas; do not edit.',
  '', '# ---- Compose', ...composeSettings.flatMap(([name, example, description]) =>
    [`# ${description}`, `#${name}=${example}`]),
  ...section('Every process', PlatformSettings),
  ...Object.values(allServices).flatMap(service =>
    service.settings ? section(service.name, service.settings) : []),
  ...section('Server', ServerSettings), '',
].join('\n'), 'node tools/generate-env-example.ts')
