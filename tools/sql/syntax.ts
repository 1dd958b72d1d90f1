import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseSync } from 'oxc-parser'
import { root } from '../sources.ts'

/** What is needed of a syntax tree in the form of ESTree: nodes by type, with where they stand. */

export interface Node { type: string, start: number, end: number, [key: string]: unknown }

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'

export function * childrenOf (node: Node): Generator<Node> {
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) yield * value.filter(isNode)
    else if (isNode(value)) yield value
  }
}

/** What only tells the compiler something: `x as T`, `x!`, `x satisfies T`. */
const said = new Set(['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression',
  'ChainExpression', 'AwaitExpression'])

export function bare (node: Node): Node {
  return said.has(node.type) ? bare((node.expression ?? node.argument) as Node) : node
}

export const nameOf = (node: unknown) =>
  isNode(node) && node.type === 'Identifier' ? node.name as string : undefined

export interface Module {
  path: string
  text: string
  program: Node
  /** Name to what it is imported as, and from where. */
  imports: Map<string, { from: string, name: string }>
  /** Name to what it is at the top of the file. */
  declared: Map<string, Node>
}

const modules = new Map<string, Module | null>()

/** Of a file of the repository; null where there is none. */
export function moduleAt (path: string): Module | null {
  const known = modules.get(path)
  if (known !== undefined) return known
  const read = readModule(path)
  modules.set(path, read)
  return read
}

/** As if a file had another text. @returns what forgets it again */
export function plant (path: string, text: string): () => void {
  modules.set(path, parse(path, text))
  return () => { modules.delete(path) }
}

function readModule (path: string): Module | null {
  try { return parse(path, readFileSync(join(root, path), 'utf8')) } catch { return null }
}

function parse (path: string, text: string): Module {
  const program = parseSync(path, text, { preserveParens: false }).program as unknown as Node
  const module: Module = { path, text, program, imports: new Map(), declared: new Map() }
  for (const node of program.body as Node[]) {
    if (node.type === 'ImportDeclaration') readImport(module, node)
    declare(module.declared, (node.declaration as Node | null | undefined) ?? node)
  }
  return module
}

function readImport (module: Module, { source, specifiers }: Node): void {
  const from = resolveImport(module.path, (source as Node).value as string)
  if (from === null) return
  for (const { imported, local } of specifiers as Node[]) {
    const name = nameOf(imported)
    if (name !== undefined) module.imports.set(nameOf(local)!, { from, name })
  }
}

function resolveImport (importer: string, specifier: string): string | null {
  if (specifier.startsWith('.')) return join(dirname(importer), specifier)
  const [, name, file] = /^@fermata\/(\w+)\/(.+)$/.exec(specifier) ?? []
  return name === 'platform' || name === 'contracts' ? `packages/${name}/src/${file}.ts` : null
}

/** Adds what a statement declares: constants and functions, by name. */
export function declare (to: Map<string, Node>, node: Node): void {
  if (node.type === 'FunctionDeclaration') to.set(nameOf(node.id)!, node)
  if (node.type !== 'VariableDeclaration') return
  for (const { id, init } of node.declarations as { id: Node, init: Node | null }[]) {
    if (!init) continue
    if (id.type === 'Identifier') to.set(id.name as string, init)
    if (id.type === 'ObjectPattern') {
      for (const property of id.properties as Node[]) {
        const name = nameOf(property.value)
        if (name === undefined || nameOf(property.key) === undefined) continue
        to.set(name, { type: 'MemberExpression', start: init.start, end: init.end, computed: false,
          object: init, property: property.key })
      }
    }
  }
}
