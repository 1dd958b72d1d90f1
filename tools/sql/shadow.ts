import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { listFiles, root } from '../sources.ts'
import type { Description } from './describe.ts'
import type { Statement } from './find-statements.ts'
import { moduleAt } from './syntax.ts'

/**
 * Lets the compiler compare: a copy of each file with statements in which what the server said
 * stands beside what the source says. Lines stay where they are, so what the compiler finds can be
 * looked up in the file itself.
 */

export interface Described {
  statement: Statement
  of: Description
  parameters: Statement['texts'][number]['parameters']
}

/** Rows: what the server gives has to be what is declared; a text may be declared as some texts. */
const helpers = `
type SqlOf<T, K extends PropertyKey> = T extends unknown ? K extends keyof T ? T[K] : never : never
type SqlAs<V, Base> = [Extract<V, Base>] extends [never] ? Base : Extract<V, Base>
interface SqlTypes<V> {
  text: SqlAs<V, string>, number: SqlAs<V, number>, wide: SqlAs<V, number>, boolean: SqlAs<V, boolean>, json: NonNullable<V>
  Buffer: Buffer, Date: Date, void: unknown
  'text[]': SqlAs<V, readonly string[]>, 'number[]': number[], 'wide[]': number[], 'boolean[]': boolean[], 'json[]': NonNullable<V>
  'Buffer[]': Buffer[], 'Date[]': Date[]
}
type SqlRow<T, S extends Record<string, [keyof SqlTypes<unknown>, boolean | null]>> = {
  [K in keyof S]: SqlTypes<SqlOf<T, K>>[S[K][0]] |
    (S[K][1] extends true ? null : S[K][1] extends false ? never : Extract<SqlOf<T, K>, null>)
}
type SqlChecked<T, Given extends T> = [Given] extends [T] ? T : T
type SqlFragment = import('@fermata/platform/sql').Fragment
interface SqlParameters {
  text: string | Date, number: number, wide: number | string | bigint, boolean: boolean, json: unknown
  Buffer: Uint8Array | string, Date: Date | string, void: never
  'text[]': readonly (string | null)[] | string, 'number[]': readonly (number | null)[] | string, 'wide[]': readonly (number | null)[] | string
  'boolean[]': readonly boolean[] | string, 'json[]': readonly unknown[] | string
  'Buffer[]': readonly (Uint8Array | string | null)[] | string, 'Date[]': readonly (Date | string)[] | string
}
declare function sqlValue<K extends keyof SqlParameters> (value: SqlParameters[K] | SqlFragment | null): any
`

interface Change { at: number, text: string }

function changesOf (all: readonly Described[]): Map<string, Change[]> {
  const changes = new Map<string, Change[]>()
  const add = (path: string, change: Change) => {
    const known = changes.get(path) ?? []
    if (!known.some(({ at, text }) => at === change.at && text === change.text)) known.push(change)
    changes.set(path, known)
  }
  for (const [{ path, row }, variants] of Map.groupBy(all, ({ statement }) => statement)) {
    if (!row) continue
    const type = onOneLine(moduleAt(path)!.text.slice(row.start, row.end))
    const rows = new Set(variants.map(({ of }) => `, SqlRow<${type}, {${of.columns.map(column =>
      `'${column.name}': ['${column.type}', ${column.may_be_null}]`).join(', ')}}>>`))
    add(path, { at: row.start, text: 'SqlChecked<'.repeat(rows.size) })
    add(path, { at: row.end, text: [...rows].join('') })
  }
  const places = Map.groupBy(all.flatMap(({ of, parameters }) => parameters.flatMap((place, at) =>
    typeof place !== 'string' && place.end > place.start
      ? [{ ...place, type: of.parameters[at] ?? 'text' }] : [])),
  ({ path, start, end }) => `${path} ${start} ${end}`)
  for (const uses of places.values()) {
    const { path, start, end, type } = uses[0]!
    // What several statements put to different uses has no one type.
    if (uses.some(other => other.type !== type)) continue
    add(path, { at: start, text: `sqlValue<'${type}'>(` })
    add(path, { at: end, text: ')' })
  }
  return changes
}

const onOneLine = (type: string) => type.replaceAll(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, '')
  .replaceAll(/\s*\n\s*(?=[^\s])/g, '; ')
  .replaceAll(/([{,;|&<(]);/g, '$1').replaceAll(/; ([}|&>)])/g, ' $1')

const imported = /^(services|packages|apps\/server)\/.*\.(ts|json)$/

/** @returns what the compiler says, each finding as `file:line message` */
export async function compare (all: readonly Described[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-statements-'))
  try {
    const changes = changesOf(all)
    for (const path of listFiles().filter(one => imported.test(one))) {
      const target = join(folder, path)
      mkdirSync(dirname(target), { recursive: true })
      const own = changes.get(path)
      if (own) writeFileSync(target, changed(moduleAt(path)!.text, own))
      else symlinkSync(join(root, path), target)
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    writeFileSync(join(folder, 'helpers.d.ts'), helpers)
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { incremental: false, noEmit: true, noUnusedLocals: false },
      files: ['helpers.d.ts', ...changes.keys()], include: [],
    }))
    return await compile(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** From the back, so that places stay what they are. */
const changed = (text: string, changes: Change[]) => changes.toSorted((a, b) => b.at - a.at)
  .reduce((so_far, { at, text: more }) => so_far.slice(0, at) + more + so_far.slice(at), text)

async function compile (folder: string): Promise<string[]> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  execFile(process.execPath, [compiler, '-p', folder, '--pretty', 'false'],
    { maxBuffer: 1 << 26 }, (_error, out) => { resolve(out) })
  const place = /^.*?((?:services|packages|apps)\/[^(]*)\((\d+),\d+\): error TS\d+:/
  return (await promise).split(/\n(?=\S)/).filter(finding => finding.trim() !== '')
    .map(finding => finding.replace(place, '$1:$2'))
}
