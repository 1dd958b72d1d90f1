import {
  Evaluator, NotKnown, scopeOf, scopeWithin, type Piece, type Scope, type Value,
} from './evaluate.ts'
import { bare, childrenOf, moduleAt, nameOf, type Module, type Node } from './syntax.ts'

/** One statement of the source, with all texts that it may have. */
export interface Statement {
  path: string
  line: number
  /** Where the type of its rows is written, e.g. in sql<EventRow>; null without one. */
  row: { start: number, end: number } | null
  texts: { text: string, parameters: Piece[] }[]
  /** Why its text is not known, where it is not. */
  unknown: string | null
}

/** More ways than these through one statement are not gone: each choice is tried both ways. */
const max_ways = 40
const first_words = ['select', 'insert', 'update', 'delete', 'with', 'set', 'lock', 'notify',
  'create', 'drop', 'alter', 'grant', 'revoke', 'truncate']
const begins_statement = new RegExp(`^\\s*(--[^\\n]*\\n\\s*)*(${first_words.join('|')})\\b`, 'i')

const runs = new Set(['rows', 'first', 'one', 'run'])

export function findStatements (path: string): Statement[] {
  const module = moduleAt(path)!
  const found: Statement[] = []
  walk(module.program, scopeOf(module), null)
  return found

  function walk (node: Node, scope: Scope, parent: Node | null): void {
    const inner = isFunction(node) ? scopeWithin(node, scope) : scope
    const written = statementIn(node, parent)
    if (written) {
      const read = readStatement(module, written, inner)
      if (read) found.push(read)
    }
    for (const child of childrenOf(node)) walk(child, inner, node)
  }
}

interface Written {
  text: Node
  row: Node | null
  is_tagged: boolean
  values?: Node | undefined
}

const isFunction = ({ type }: Node) => type === 'ArrowFunctionExpression' ||
  type === 'FunctionDeclaration' || type === 'FunctionExpression'

const typeArgument = (node: Node): Node | null =>
  (node.typeArguments as { params: Node[] } | null | undefined)?.params[0] ?? null

function statementIn (node: Node, parent: Node | null): Written | null {
  if (node.type === 'TaggedTemplateExpression' && nameOf(node.tag) === 'sql') {
    const isRun = parent?.type === 'MemberExpression' && runs.has(nameOf(parent.property)!)
    const row = typeArgument(node)
    return isRun || row ? { text: node, row, is_tagged: true } : null
  }
  if (node.type !== 'CallExpression') return null
  const callee = node.callee as Node
  const [first, second] = node.arguments as Node[]
  if (!first || callee.type !== 'MemberExpression') return null
  if (nameOf(callee.property) !== 'query') return null
  const named = first.type === 'ObjectExpression' ? first.properties as Node[] : null
  const values = named
    ? named.find(({ key }) => nameOf(key) === 'values')?.value as Node | undefined : second
  return { text: first, row: typeArgument(node), is_tagged: false, values }
}

/** Where values stand in a list of their own, each is known by its number. */
function placesOf ({ values }: Written, { path }: Module): Piece[] {
  const elements = values?.type === 'ArrayExpression' ? values.elements as Node[] : []
  const spread = elements.findIndex(({ type }) => type === 'SpreadElement')
  return elements.slice(0, spread === -1 ? undefined : spread)
    .map(({ start, end }) => ({ path, start, end }))
}

function readStatement (module: Module, written: Written, scope: Scope): Statement | null {
  const { text, row } = written
  const statement: Statement = {
    path: module.path, line: module.text.slice(0, text.start).split('\n').length,
    row: row && { start: row.start, end: row.end }, texts: [], unknown: null,
  }
  try {
    statement.texts = textsOf(written, scope)
    const places = placesOf(written, module)
    if (!written.is_tagged) for (const one of statement.texts) one.parameters = places
  } catch (error) {
    if (!(error instanceof NotKnown)) throw error
    statement.unknown = error.message
  }
  if (written.is_tagged && statement.texts.length > 0) {
    statement.texts = statement.texts.filter(one => begins_statement.test(one.text))
    if (statement.texts.length === 0) return null
  }
  return statement
}

/** Goes each way on which a choice was met, one after the other. */
function textsOf (written: Written, scope: Scope): Statement['texts'] {
  const texts = new Map<string, Statement['texts'][number]>()
  const waiting: Map<string, boolean>[] = [new Map()]
  const seen = new Set<string>()
  for (let ways = 0; waiting.length > 0 && ways < max_ways; ways++) {
    const choices = waiting.shift()!
    const met = new Map<string, boolean>()
    const evaluator = new Evaluator(place => {
      const taken = choices.get(place) ?? true
      met.set(place, taken)
      return taken
    })
    const made = numbered(piecesOf(evaluator, written, scope))
    texts.set(made.text, made)
    for (const place of met.keys()) {
      if (seen.has(place)) continue
      seen.add(place)
      waiting.push(new Map([...choices, [place, false]]))
      waiting.push(new Map([...met].map(([one]) => [one, one === place] as const)))
    }
  }
  return [...texts.values()]
}

function piecesOf (evaluator: Evaluator, { text, is_tagged }: Written, scope: Scope): Piece[] {
  const value = evaluator.value(text, scope)
  if (is_tagged && value.kind === 'sql') return value.pieces
  const said: Value | undefined = value.kind === 'record' ? value.fields.get('text') : value
  if (said?.kind === 'text') return [said.text]
  throw new NotKnown(`its text is made where it runs (${bare(text).type})`)
}

function numbered (pieces: Piece[]): Statement['texts'][number] {
  const parameters: Piece[] = []
  const text = pieces.map(piece => {
    if (typeof piece === 'string') return piece
    parameters.push(piece)
    return `$${parameters.length}`
  }).join('')
  return { text, parameters }
}

