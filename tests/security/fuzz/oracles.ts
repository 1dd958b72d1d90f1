import type { AnyRoute, ProblemDefinition } from '@fermata/contracts/define'
import { mediaTypeOf } from '@fermata/contracts/define'
import { internalError, platformProblems, unavailable } from '@fermata/contracts/problems'
import { securityHeaders } from '@fermata/platform/security-headers'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { ActorName, Target } from './drafts.ts'
import type { Received, Wire } from './send.ts'
import { public_origin } from './world.ts'

/** What must be true of every answer, whatever was asked. */

export interface Asked { target: Target, actor: ActorName, wire: Wire }
export interface Finding { rule: string, where: string, detail: string }

type Judge = (asked: Asked, answer: Received) => string | null

/** A copy of the schema in which an object has the fields that it declares and no others. */
function exact<S> (schema: S): S {
  if (Array.isArray(schema)) return schema.map(exact) as S
  if (schema === null || typeof schema !== 'object') return schema
  const copy: Record<string, unknown> =
    Object.defineProperties({}, Object.getOwnPropertyDescriptors(schema))
  for (const [key, value] of Object.entries(schema)) copy[key] = exact(value)
  if (copy.type === 'object' && copy.properties) copy.additionalProperties ??= false
  return copy as S
}

const compiled = new WeakMap<object, ReturnType<typeof Compile>>()
const checks = (schema: TSchema, value: unknown): string | null => {
  const known = compiled.get(schema)
  const validator = known ?? Compile(exact(schema))
  if (!known) compiled.set(schema, validator)
  if (validator.Check(value)) return null
  const [first] = validator.Errors(value) as Iterable<{ instancePath?: string, message?: string }>
  return `${first?.instancePath} ${first?.message}`
}

const isProblem = ({ headers }: Received) =>
  headers['content-type']?.startsWith('application/problem+json') ?? false

/** What any address may answer. That we failed is no answer, and being full is named by who can be. */
const common = platformProblems.filter(one => one !== internalError && one !== unavailable)

/** A problem of a type that this address declares, with the members of that type. */
function whyNoProblem (
  { status, body }: Received, declared: readonly ProblemDefinition[]
): string | null {
  const problem = JSON.parse(body.toString()) as Record<string, unknown>
  const definition = declared.find(({ type }) => type === problem.type)
  if (!definition) return `undeclared ${status} ${String(problem.type)}`
  if (definition.status !== status || problem.status !== status) return `${definition.type} as ${status}`
  const { type: _, title, status: __, detail, ...members } = problem
  if (typeof title !== 'string' || !['string', 'undefined'].includes(typeof detail)) return 'no words'
  return definition.extensions ? checks(definition.extensions, members)
    : Object.keys(members).length > 0 ? `undeclared members ${Object.keys(members).join()}` : null
}

const declaredOf = ({ problems }: AnyRoute) => [...common, ...problems]

const fits: Judge = ({ target, wire }, answer) => {
  if (target.is === 'page') return null
  const { route } = target.served
  const { status, body, headers } = answer
  if (wire.method === 'HEAD' || status === 304) return null
  if (isProblem(answer)) return whyNoProblem(answer, declaredOf(route))
  // A path that was bent may be another's: a page, a document, a route.
  if (isElsewhere(wire, route)) return null
  const schema = (route.reply as Record<number, TSchema>)[status]
  if (!schema) return `undeclared status ${status} ${headers['content-type']}`
  const media_type = mediaTypeOf(schema)
  if (body.length === 0) {
    return media_type || (schema as { type?: string }).type === 'null'
      ? null : 'nothing where something is declared'
  }
  if (media_type) return headers['content-type']?.startsWith(media_type) ? null : `as ${headers['content-type']}`
  return headers['content-type']?.startsWith('application/json')
    ? checks(schema, JSON.parse(body.toString())) : `as ${headers['content-type']}`
}

const isElsewhere = ({ path, method, raw }: Wire, route: AnyRoute) => {
  const pattern = new RegExp(`^${route.path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`)
  return raw !== null || method !== route.method || !pattern.test(path.split(/[?#]/)[0]!)
}

const noFailure: Judge = ({ target }, { status, headers }) => {
  if (status < 500) return null
  const may_be_full = target.is === 'page' ||
    target.served.route.problems.includes(unavailable) || 503 in target.served.route.reply
  return status === 503 && may_be_full && Number(headers['retry-after']) > 0 ? null : `answered ${status}`
}

const expected = Object.keys(securityHeaders(public_origin))
  // A page that is framed on purpose says by its policy who may do so.
  .filter(name => name !== 'x-frame-options')

const headed: Judge = (_, { status, headers }) => {
  if (status === 101) return null
  const missing = expected.filter(name => !headers[name])
  return missing.length > 0 ? `without ${missing.join(', ')}` : null
}

const staysHere: Judge = (_, { status, headers }) => {
  const to = headers.location
  if (!(status >= 300 && status < 400) || to === undefined) return null
  return /^\/(?![/\\])/.test(to) || to.startsWith(`${public_origin}/`) ? null : `leads to ${to.slice(0, 80)}`
}

const refusesInWords: Judge = ({ target, wire }, answer) => {
  const { status, headers } = answer
  if (status < 400 || wire.method === 'HEAD' || target.is === 'page') return null
  return isProblem(answer) || headers['content-type']?.startsWith('text/html') ? null
    : `${status} as ${headers['content-type'] ?? 'nothing'}`
}

/** What a browser or proxy kept, the next at the same machine could read. */
const isForgotten: Judge = ({ target, wire }, { headers }) => {
  if (target.is === 'page' || target.served.route.access === 'public') return null
  if (isElsewhere(wire, target.served.route)) return null
  return headers['cache-control']?.includes('no-store') ? null : `kept: ${headers['cache-control']}`
}

const rules: Record<string, Judge> = {
  'no failure': noFailure, 'the answer is declared': fits, 'security headers': headed,
  'redirects stay here': staysHere, 'refusals are problems': refusesInWords,
  'what is somebody\'s is not kept': isForgotten,
}

/** Who may read what is one organiser's. */
const insiders: Record<'organizer' | 'other_organizer', readonly ActorName[]> = {
  organizer: ['organizer', 'guest', 'buyer', 'door', 'admin', 'service'],
  other_organizer: ['other_organizer', 'admin', 'service'],
}

/** Shows all mails to whoever sits at the machine. */
const is_mailbox = /mailbox/

type Secrets = Record<keyof typeof insiders, string[]>

function leaks (
  { actor, target, wire }: Asked, { body, headers }: Received, secrets: Secrets
): string | null {
  if (is_mailbox.test(target.name) || is_mailbox.test(wire.path)) return null
  const said = body.toString('latin1') + JSON.stringify(headers)
  const asked = wire.path + String(wire.body)
  for (const [owner, words] of Object.entries(secrets) as [keyof Secrets, string[]][]) {
    const read = words.find(word => said.includes(word) && !asked.includes(word))
    if (read && !insiders[owner].includes(actor)) return `${actor} reads ${owner}'s`
  }
  return null
}

/** @param secrets what only one organiser's people may read */
export function judge (asked: Asked, answer: Received | null, secrets: Secrets): Finding[] {
  if (answer === null) return []
  const where = asked.target.name
  const leaksHere: Judge = (asked, answer) => leaks(asked, answer, secrets)
  return Object.entries({ ...rules, 'nobody reads another\'s': leaksHere })
    .flatMap(([rule, look]) => {
      const detail = look(asked, answer)
      return detail === null ? [] : [{ rule, where, detail }]
    })
}
