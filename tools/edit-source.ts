import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root, type Source } from './sources.ts'

/** Small changes of source text, for the tools that make operations and services. */

export const read = (path: string) => readFileSync(join(root, path), 'utf8')

const lastImport = /^import [^;]*?from '[^']+'\n(?![^]*^import )/m

/** The text with these names imported from there, besides what it imports already. */
export function addImport (text: string, names: string[], from: string): string {
  const known = new RegExp(`^import \\{([^}]*)\\} from '${from.replace(/[./]/g, '\\$&')}'$`, 'm').exec(text)
  const before = known?.[1]?.split(',').map(name => name.trim()).filter(name => name !== '') ?? []
  const all = [...new Set([...before, ...names])]
  const line = `import { ${all.join(', ')} } from '${from}'`
  const written = line.length <= 100 ? line : `import {\n${all.map(name => `  ${name},\n`).join('')}} from '${from}'`
  if (known) return text.replace(known[0], () => written)
  return lastImport.test(text) ? addAfterImports(text, written) : `${written}\n\n${text}`
}

export const addAfterImports = (text: string, line: string) =>
  text.replace(lastImport, imports => `${imports}${line}\n`)

/** The text of a `service.ts` with one entry more in a list of its definition. */
export function addEntry (text: string, list: 'routes' | 'subscriptions' | 'jobs', entry: string): string {
  const long = new RegExp(`^  ${list}: \\[\\n(?:    .*\\n)*?(?=  \\],$)`, 'm')
  if (long.test(text)) return text.replace(long, before => `${before}    ${entry},\n`)
  const short = new RegExp(`^  ${list}: \\[(.*)\\],$`, 'm')
  if (short.test(text)) return text.replace(short, (_, before: string) =>
    `  ${list}: [\n${before === '' ? '' : `    ${before},\n`}    ${entry},\n  ],`)
  return text.replace(/^  routes: \[[^]*?^  \],\n/m, routes => `${routes}  ${list}: [${entry}],\n`)
}

/** The text with `added` before the one place where `mark` stands. */
export function insertBefore (path: string, text: string, mark: string, added: string): string {
  const parts = text.split(mark)
  if (parts.length !== 2) throw new Error(`${path}: "${mark}" stands there ${parts.length - 1} times, not once`)
  return parts.join(`${added}${mark}`)
}

/** Writes files and then all that generators make of them; what is there already is said by `isNew`. */
export function writeAll (files: readonly Source[], generators: readonly string[]): void {
  for (const { path, text } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    const was_there = existsSync(join(root, path))
    writeFileSync(join(root, path), text)
    console.log(`${was_there ? 'changed' : 'wrote'} ${path}`)
  }
  for (const name of generators) {
    const { status } = spawnSync(process.execPath, [join(root, `tools/generate-${name}.ts`)], { stdio: 'inherit' })
    if (status !== 0) process.exitCode = 1
  }
}

/** Ends a tool that cannot do what it was asked. */
export function giveUp (reason: string, usage: string): void {
  console.error(`${reason}\nUsage: ${usage}`)
  process.exitCode = 1
}
