import { bare, declare, isNode, moduleAt, nameOf, type Module, type Node } from './syntax.ts'

/**
 * Works out the text of a statement from the source, without running it: constants, fragments and
 * functions that make fragments are followed to where they are written, also in other files. What
 * nobody can know beforehand is a parameter of the statement.
 */

/** A parameter, as its place in the text of the file where the statement is written. */
export interface Parameter { path: string, start: number, end: number }
export type Piece = string | Parameter

export type Value =
  | { kind: 'text', text: string }
  | { kind: 'sql', pieces: Piece[] }
  | { kind: 'list', items: Value[] }
  | { kind: 'record', fields: Map<string, Value> }
  | { kind: 'function', node: Node, scope: Scope }
  | { kind: 'unknown', at: Parameter }

/** Names and what they stand for, from the inside out. */
export interface Scope {
  module: Module
  names: Map<string, Node | Value>
  outer: Scope | null
}

export class NotKnown extends Error {}

/** Says of each place where the source goes one of two ways which one is taken. */
export type Choose = (place: string) => boolean

const isValue = (value: Node | Value): value is Value => 'kind' in value
const max_depth = 60

export class Evaluator {
  private depth = 0
  readonly choose: Choose
  constructor (choose: Choose) { this.choose = choose }

  value (written: Node, scope: Scope): Value {
    const node = bare(written)
    const unknown: Value =
      { kind: 'unknown', at: { path: scope.module.path, start: written.start, end: written.end } }
    if (this.depth > max_depth) return unknown
    this.depth++
    try {
      return this.known(node, scope) ?? unknown
    } finally {
      this.depth--
    }
  }

  private known (node: Node, scope: Scope): Value | undefined {
    switch (node.type) {
      case 'Literal':
        return typeof node.value === 'string' || typeof node.value === 'number'
          ? { kind: 'text', text: String(node.value) } : undefined
      case 'TemplateLiteral': return this.template(node, scope)
      case 'TaggedTemplateExpression':
        return nameOf(node.tag) === 'sql' ? this.sql(node.quasi as Node, scope) : undefined
      case 'Identifier': return this.named(node.name as string, scope)
      case 'ConditionalExpression':
        return this.value((this.takes(node.test as Node, scope)
          ? node.consequent : node.alternate) as Node, scope)
      case 'ArrowFunctionExpression':
      case 'FunctionExpression':
      case 'FunctionDeclaration': return { kind: 'function', node, scope }
      case 'ArrayExpression':
        return { kind: 'list',
          items: (node.elements as Node[]).flatMap(one => this.items(one, scope)) }
      case 'ObjectExpression': return this.record(node, scope)
      case 'BinaryExpression':
        return node.operator === '+'
          ? this.joined([node.left, node.right] as Node[], scope) : undefined
      case 'LogicalExpression': return this.logical(node, scope)
      case 'MemberExpression': return this.member(node, scope)
      case 'CallExpression': return this.call(node, scope)
      default: return undefined
    }
  }

  private takes (test: Node, scope: Scope): boolean {
    return this.choose(`${scope.module.path}:${test.start}`)
  }

  private named (name: string, scope: Scope): Value | undefined {
    for (let at: Scope | null = scope; at; at = at.outer) {
      const found = at.names.get(name)
      if (found) return isValue(found) ? found : this.initial(name, found, at)
      if (at.outer) continue
      const { module } = at
      const declared = module.declared.get(name)
      if (declared) return this.value(declared, scopeOf(module))
      const imported = module.imports.get(name)
      const other = imported && moduleAt(imported.from)
      if (other) return this.named(imported.name, scopeOf(other))
    }
    return undefined
  }

  /** A list is what it begins as and what is pushed to it afterwards. */
  private initial (name: string, node: Node, scope: Scope): Value {
    const first = this.value(node, scope)
    const pushes = (scope as Scope & { pushes?: Map<string, Push[]> }).pushes?.get(name)
    if (first.kind !== 'list' || !pushes) return first
    const more = pushes.filter(({ tests }) => tests.every(test => this.takes(test, scope)))
      .flatMap(({ items }) => items.flatMap(one => this.items(one, scope)))
    return { kind: 'list', items: [...first.items, ...more] }
  }

  private items (node: Node, scope: Scope): Value[] {
    if (node.type !== 'SpreadElement') return [this.value(node, scope)]
    const spread = this.value(node.argument as Node, scope)
    return spread.kind === 'list' ? spread.items : []
  }

  private template (node: Node, scope: Scope): Value | undefined {
    const texts: Value[] = (node.quasis as { value: { cooked: string } }[])
      .map(({ value }) => ({ kind: 'text', text: value.cooked }))
    const inner = (node.expressions as Node[]).map(one => this.value(one, scope))
    const words = inner.map(value => value.kind === 'text' ? value.text : guess(value))
    return words.includes(undefined) ? undefined
      : { kind: 'text', text: texts.map((text, at) => textOf(text) + (words[at] ?? '')).join('') }
  }

  private sql (quasi: Node, scope: Scope): Value {
    const texts = (quasi.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked)
    const pieces: Piece[] = []
    for (const [at, text] of texts.entries()) {
      pieces.push(text)
      const inner = (quasi.expressions as Node[])[at]
      if (inner) pieces.push(...this.piecesOf(inner, scope))
    }
    return { kind: 'sql', pieces }
  }

  private piecesOf (node: Node, scope: Scope): Piece[] {
    const value = this.value(node, scope)
    return value.kind === 'sql' ? value.pieces
      : [{ path: scope.module.path, start: node.start, end: node.end }]
  }

  private record (node: Node, scope: Scope): Value {
    const fields = new Map<string, Value>()
    for (const property of node.properties as Node[]) {
      if (property.type === 'SpreadElement') {
        const spread = this.value(property.argument as Node, scope)
        if (spread.kind !== 'record') continue
        for (const [key, value] of spread.fields) fields.set(key, value)
        continue
      }
      const key = nameOf(property.key) ?? (property.key as Node).value
      if (typeof key === 'string') fields.set(key, this.value(property.value as Node, scope))
    }
    return { kind: 'record', fields }
  }

  private joined (nodes: Node[], scope: Scope): Value | undefined {
    const values = nodes.map(node => this.value(node, scope))
    return values.every(({ kind }) => kind === 'text')
      ? { kind: 'text', text: values.map(value => textOf(value)).join('') } : undefined
  }

  private logical (node: Node, scope: Scope): Value | undefined {
    if (node.operator === '&&') return this.value(node.right as Node, scope)
    const left = this.value(node.left as Node, scope)
    if (node.operator !== '??' && node.operator !== '||') return undefined
    return left.kind === 'unknown' ? undefined : left
  }

  private member (node: Node, scope: Scope): Value | undefined {
    const from = this.value(node.object as Node, scope)
    const key = node.computed ? undefined : nameOf(node.property)
    return from.kind === 'record' && key !== undefined ? from.fields.get(key) : undefined
  }

  private call (node: Node, scope: Scope): Value | undefined {
    const callee = node.callee as Node
    const given = node.arguments as Node[]
    if (callee.type === 'MemberExpression') {
      const name = nameOf(callee.property)!
      if (nameOf(callee.object) === 'sql') return this.builtIn(name, given, scope)
      return this.method(this.value(callee.object as Node, scope), name, given, scope)
    }
    const called = this.value(callee, scope)
    return called.kind === 'function'
      ? this.apply(called, given.map(one => this.value(one, scope))) : undefined
  }

  /** `sql.raw`, `sql.ref`, `sql.id`, `sql.lit`, `sql.join` and `sql.rows`. */
  private builtIn (name: string, given: Node[], scope: Scope): Value | undefined {
    if (name === 'rows') return this.rows(given[1]!, scope)
    const values = given.map(one => this.value(one, scope))
    const sqlOf = (text: string): Value => ({ kind: 'sql', pieces: [text] })
    const texts = () => values.map(value => textOf(value))
    if (name === 'raw') return sqlOf(texts()[0]!)
    if (name === 'lit') return sqlOf(`'${texts()[0]}'`)
    if (name === 'ref') {
      return sqlOf(texts()[0]!.split('.').map(quoted).join('.'))
    }
    if (name === 'id') return sqlOf(texts().map(quoted).join('.'))
    if (name !== 'join') return undefined
    const [list, between] = values
    const separator: Piece[] = between?.kind === 'sql' ? between.pieces : [', ']
    if (list?.kind !== 'list') {
      // Conditions that a caller brings hold as any condition does.
      if (/\b(and|or)\b/.test(String(separator[0]))) return { kind: 'sql', pieces: ['true'] }
      throw new NotKnown('What it joins is made where it runs')
    }
    return { kind: 'sql', pieces: list.items.flatMap((item, at) =>
      [...at > 0 ? separator : [], ...item.kind === 'sql' ? item.pieces
        : [{ path: '', start: 0, end: 0 }]]) }
  }

  /** Of `sql.rows(items, columns)`; the compiler compares items with columns by itself. */
  private rows (columns: Node, scope: Scope): Value {
    const types = this.value(columns, scope)
    if (types.kind !== 'record') throw new NotKnown('Its columns are made where it runs')
    const names = [...types.fields].map(([name, type]) => [name, textOf(type)] as const)
    const arrays = names.filter(([, type]) => type !== 'ordinality')
    return { kind: 'sql', pieces: [
      '(select * from unnest(',
      ...arrays.flatMap(([, type], at): Piece[] => [at === 0 ? '' : ', ',
        { path: '', start: 0, end: 0 }, `::${type === 'line' ? 'text' : type}[]`]),
      `)${arrays.length < names.length ? ' with ordinality' : ''} as items (`,
      `${names.map(([name]) => quoted(name)).join(', ')}))`,
    ] }
  }

  private method (on: Value, name: string, given: Node[], scope: Scope): Value | undefined {
    if (on.kind === 'text' && name === 'trim') return { kind: 'text', text: on.text.trim() }
    if (on.kind === 'text' && name === 'replaceAll') {
      const [from, to] = given.map(one => this.value(one, scope))
      return from?.kind === 'text' && to?.kind === 'text'
        ? { kind: 'text', text: on.text.replaceAll(from.text, to.text) } : undefined
    }
    if (on.kind !== 'list') return undefined
    if (name === 'join') {
      const separator = given[0] ? textOf(this.value(given[0], scope)) : ','
      return { kind: 'text', text: on.items.map(item => textOf(item)).join(separator) }
    }
    if (name === 'filter') return on
    if (name !== 'map' && name !== 'flatMap') return undefined
    const work = this.value(given[0]!, scope)
    if (work.kind !== 'function') return undefined
    const made = on.items.map(item => this.apply(work, [item]))
    if (!made.every(one => one !== undefined)) return undefined
    return { kind: 'list', items: made.flatMap(one =>
      one.kind === 'list' && name === 'flatMap' ? one.items : [one]) }
  }

  private apply (
    { node, scope }: Extract<Value, { kind: 'function' }>, given: Value[]
  ): Value | undefined {
    const inner = scopeWithin(node, scope, given)
    const body = node.body as Node
    return body.type === 'BlockStatement'
      ? this.returned(statementsOf(body), inner) : this.value(body, inner)
  }

  private returned (statements: Node[], scope: Scope): Value | undefined {
    for (const node of statements) {
      if (node.type === 'ReturnStatement') {
        return isNode(node.argument) ? this.value(node.argument, scope) : undefined
      }
      if (node.type !== 'IfStatement' || !this.takes(node.test as Node, scope)) continue
      const value = this.returned(statementsOf(node.consequent as Node), scope)
      if (value) return value
    }
    return undefined
  }
}

const statementsOf = (node: Node) =>
  node.type === 'BlockStatement' ? node.body as Node[] : [node]

interface Push { tests: Node[], items: Node[] }

export const scopeOf = (module: Module): Scope => ({ module, names: new Map(), outer: null })

/** The scope inside of a function, with what it was called with, where that is known. */
export function scopeWithin (node: Node, outer: Scope, given: Value[] = []): Scope {
  const names = new Map<string, Node | Value>()
  const pushes = new Map<string, Push[]>()
  for (const [at, parameter] of (node.params as Node[]).entries()) bind(names, parameter, given[at])
  const body = node.body as Node | null
  if (body?.type === 'BlockStatement') collect(body.body as Node[], names, pushes, [])
  const scope: Scope & { pushes: typeof pushes } = { module: outer.module, names, outer, pushes }
  return scope
}

/** Parameters hide what has their name outside, also where their value is not known. */
function bind (names: Map<string, Node | Value>, parameter: Node, value: Value | undefined): void {
  const pattern = parameter.type === 'AssignmentPattern' ? parameter.left as Node : parameter
  const hidden: Value = { kind: 'unknown', at: { path: '', start: 0, end: 0 } }
  const own = nameOf(pattern)
  if (own !== undefined) {
    const end = pattern.start + own.length
    names.set(own, value ?? { type: 'Parameter', start: pattern.start, end })
  }
  if (pattern.type !== 'ObjectPattern') return
  for (const property of pattern.properties as Node[]) {
    const target = property.value as Node | undefined
    const name = nameOf(target?.type === 'AssignmentPattern' ? target.left : target)
    const key = nameOf(property.key)
    if (name === undefined || key === undefined) continue
    const of = value?.kind === 'record' ? value.fields.get(key) : undefined
    const { start, end } = property
    names.set(name, of ?? (value ? hidden : { type: 'Parameter', start, end }))
  }
}

function collect (
  statements: Node[], names: Map<string, Node | Value>, pushes: Map<string, Push[]>, tests: Node[]
): void {
  for (const node of statements) {
    declare(names as Map<string, Node>, node)
    if (node.type === 'IfStatement') {
      collect(statementsOf(node.consequent as Node), names, pushes, [...tests, node.test as Node])
    }
    const call = node.type === 'ExpressionStatement' ? node.expression as Node : null
    const callee = call?.type === 'CallExpression' ? call.callee as Node : null
    const list = callee?.type === 'MemberExpression' && nameOf(callee.property) === 'push'
      ? nameOf(callee.object) : undefined
    if (list === undefined) continue
    pushes.set(list, [...pushes.get(list) ?? [], { tests, items: call!.arguments as Node[] }])
  }
}

const quoted = (name: string) => `"${name}"`

/** Names that only the running service knows: one that has each kind of table stands for all. */
function guess (value: Value): string | undefined {
  if (value.kind !== 'unknown') return undefined
  const text = moduleAt(value.at.path)?.text.slice(value.at.start, value.at.end) ?? ''
  return { schema: 'orders', service: 'orders', table: 'outbox' }[text]
}

function textOf (value: Value): string {
  const text = value.kind === 'text' ? value.text : guess(value)
  if (text === undefined) throw new NotKnown('A part of its text is made where it runs')
  return text
}
