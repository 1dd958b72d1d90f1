import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import type { AnyRoute } from '@fermata/contracts/define'
import { serviceNames } from '@fermata/contracts/services'
import type { ServiceDefinition } from '@fermata/platform/service'
import { allServices } from '@fermata/server/services'
import { keepGenerated } from './generated.ts'
import { defaultOf, fieldsOf } from './setting-cells.ts'
import { root } from './sources.ts'

/**
 * Writes the tables of routes, events and settings in the services' READMEs between their marks, or
 * with `--check` compares them. A route's words are its contract's summary, an event's and a
 * handler's the first sentence of the comment over it, a setting's its description.
 */

const command = 'node tools/generate-service-readmes.ts'
const contracts = 'packages/contracts/src'
const read = (path: string) => readFileSync(join(root, path), 'utf8')

function table (heads: string[], rows: string[][]): string {
  const escaped = rows.map(row => row.map(cell => cell.replaceAll('|', '\\|')))
  const lines = [heads, heads.map(() => '---'), ...escaped]
  return lines.map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

/** The first sentence of the comment over what a file exports by this name. */
export function firstSentence (path: string, source: string, name: string): string {
  const at = source.search(new RegExp(`^export (?:const|(?:async )?function) (?:.* function )?${name}\\b`, 'm'))
  const comment = at < 0 ? undefined : /\/\*\*((?:(?!\*\/)[^])*)\*\/\n$/.exec(source.slice(0, at))?.[1]
  if (comment === undefined) throw new Error(`${path}: ${name} needs a comment that says what it is; READMEs show its first sentence`)
  const text = comment.replace(/^ *\*/gm, '').replace(/\s+/g, ' ').trim()
  return (/^.*?\.(?= [A-Z@]|$)/.exec(text)?.[0] ?? text).replace(/\.$/, '')
}

/** Where what a service's table of contents imports by name lies, seen from its folder. */
function importedFrom (service: string): Map<string, string> {
  return new Map([...read(`services/${service}/service.ts`).matchAll(/^import \{([^}]+)\} from '(\.|@fermata\/platform)\/([^']+)'/gm)]
    .flatMap(([, names = '', from, file = '']) => names.split(',').map(name =>
      [name.trim(), from === '.' ? file : `../../packages/platform/src/${file}.ts`] as const)))
}

const who: Record<AnyRoute['access'], string> = {
  public: 'anyone', user: 'signed in', owner: 'owner', organizer: 'organiser', operator: 'operator',
  admin: 'admin', internal: 'services',
}

function routes ({ name, routes: bound }: ServiceDefinition): string {
  const files = importedFrom(name)
  return table(['method and path', 'who', 'what'], bound.map(({ route, operation }) => {
    const { method, path, access, callers = [], summary, idempotent, step_up } = route
    const file = files.get(operation.name)
    return [
      file === undefined ? `${method} \`${path}\`` : `[${method} \`${path}\`](${file})`,
      access === 'internal' && callers.length < serviceNames.length ? callers.join(', ') : who[access],
      summary + (idempotent ? '; accepts `Idempotency-Key`' : '') +
        (step_up === undefined ? '' : `; ${step_up === true ? '' : 'sometimes '}wants a step-up`),
    ]
  }))
}

/** Every event that a contract defines, with its words, in the order of the contracts. */
const events = readdirSync(join(root, contracts)).flatMap(file => {
  const source = read(`${contracts}/${file}`)
  return [...source.matchAll(/^export const (\w+) = defineEvent\(\s*'([^']+)'/gm)]
    .map(([, name = '', type = '']) => ({ type, words: firstSentence(`${contracts}/${file}`, source, name) }))
})

function eventTables ({ name, subscriptions = [] }: ServiceDefinition): string {
  const files = importedFrom(name)
  const out = events.filter(({ type }) => type.startsWith(`${name}.`))
    .map(({ type, words }) => [`\`${type}\``, words])
  const byHandler = Map.groupBy(subscriptions, subscription => subscription.name)
  const handled = [...byHandler].map(([handler, heard]) => {
    const made = (file: string) =>
      read(posix.join('services', name, file)).includes(`function ${handler} (`)
    const file = files.get(handler) ?? [...files.values()].find(made)
    if (file === undefined) throw new Error(`services/${name}/service.ts does not import ${handler}`)
    const path = posix.join('services', name, file)
    return [
      heard.map(({ event }) => `\`${event.type}\``).join(', '), `[\`${handler}\`](${file})`,
      firstSentence(path, read(path), handler),
    ]
  })
  return [
    out.length === 0 ? 'None out.' : table(['out', 'when'], out),
    handled.length === 0 ? 'None in.' : table(['in', 'handler', 'effect'], handled),
  ].join('\n\n')
}

const settings = ({ settings: schema }: ServiceDefinition) => schema === undefined
  ? 'None of its own.'
  : table(['name', 'default', 'what'], fieldsOf(schema).map(field => [`\`${field.name}\``, defaultOf(field), field.description]))

const parts = { routes, events: eventTables, settings }

/** A README's text with what stands between its marks written anew. */
export function fill (path: string, text: string, service: ServiceDefinition): string {
  return Object.entries(parts).reduce((filled, [part, write]) => {
    const marked = new RegExp(`(<!-- ${part}: [^>]*-->\\n)[^]*?(<!-- /${part} -->)`)
    if (!marked.test(filled)) throw new Error(
      `${path} lacks the marks <!-- ${part}: ${command} --> and <!-- /${part} -->, between which its ${part} are written`)
    return filled.replace(marked, (_, begin: string, end: string) => `${begin}${write(service)}\n${end}`)
  }, text)
}

if (import.meta.main) {
  for (const service of Object.values(allServices)) {
    const path = `services/${service.name}/README.md`
    keepGenerated(path, fill(path, read(path), service), command)
  }
}
