import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Access } from '@fermata/contracts/define'
import fc from 'fast-check'
import type { TObject, TSchema } from 'typebox'
import { listPatterns } from '../pages.ts'
import { oddBodies, oddHeaders, oddPaths, oddTexts, oddTypes, oddValues } from './odd-values.ts'
import type { ServedRoute } from './routes.ts'
import { rawRequests } from './raw-requests.ts'
import { fieldsOf, Lookup, valueOf } from './values.ts'

/** What may be sent: to every route and page, as it should be, with one thing odd, or raw. */

export type ActorName =
  'nobody' | 'guest' | 'buyer' | 'organizer' | 'other_organizer' | 'door' | 'admin' | 'service' |
  /** Whose account is deleted now and then; with the others' all that they have would be out of reach. */
  'leaver'

/** Where a request goes. */
export type Target =
  | { is: 'route', name: string, served: ServedRoute }
  | { is: 'page', name: string, path: string, fields: string[], intents: string[], acts: boolean }

/** The one thing about a request that is odd. */
export type Twist =
  | { at: 'value', place: number, value: unknown }
  | { at: 'gone' | 'doubled' | 'extra', place: number }
  | { at: 'path', place: number, text: string }
  | { at: 'header', header: readonly [string, string] }
  | { at: 'type', type: string }
  | { at: 'body', body: string }
  | { at: 'method', method: string }
  | { at: 'raw', template: number }

export interface Draft {
  target: Target
  actor: ActorName
  with_cookie: boolean
  params: Record<string, unknown>
  query: Record<string, unknown>
  body: unknown
  /** Of a page: whether its form is sent. */
  posts: boolean
  /** Its path is asked for as React Router's data. */
  data: boolean
  key: number | null
  twist: Twist | null
}

const people: readonly ActorName[] =
  ['nobody', 'guest', 'buyer', 'organizer', 'other_organizer', 'door', 'admin']

/** Who gets through where a route asks for a role. */
const fitting: Record<Access, readonly ActorName[]> = {
  public: people, user: ['buyer', 'organizer', 'door', 'admin', 'leaver'], owner: ['guest', 'buyer', 'organizer'],
  organizer: ['organizer', 'other_organizer'], operator: ['door'], admin: ['admin'],
  internal: ['service'],
}

const actorFor = (access: Access) => fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...fitting[access]) },
  { weight: 1, arbitrary: fc.constantFrom(...people) })

const place = fc.nat(40)
const twist: fc.Arbitrary<Twist> = fc.oneof(
  { weight: 8, arbitrary: fc.record({
    at: fc.constant('value' as const), place, value: fc.constantFrom(...oddValues) }) },
  { weight: 2, arbitrary: fc.record({
    at: fc.constantFrom('gone' as const, 'doubled' as const, 'extra' as const), place }) },
  { weight: 3, arbitrary: fc.record({
    at: fc.constant('path' as const), place: fc.nat(3), text: fc.constantFrom(...oddPaths) }) },
  { weight: 3, arbitrary: fc.record({
    at: fc.constant('header' as const), header: fc.constantFrom(...oddHeaders) }) },
  { weight: 1, arbitrary: fc.record({
    at: fc.constant('type' as const), type: fc.constantFrom(...oddTypes) }) },
  { weight: 2, arbitrary: fc.record({
    at: fc.constant('body' as const), body: fc.constantFrom(...oddBodies) }) },
  { weight: 1, arbitrary: fc.record({ at: fc.constant('method' as const), method: fc.constantFrom(
    'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'POST', 'GET', 'QUERY', 'PURGE') }) },
  { weight: 1, arbitrary: fc.record({
    at: fc.constant('raw' as const), template: fc.nat(rawRequests.length - 1) }) },
)
const maybeTwist = fc.oneof(
  { weight: 11, arbitrary: fc.constant(null) }, { weight: 9, arbitrary: twist })

const propertiesOf = (schema: TSchema | undefined) =>
  Object.entries((schema as TObject | undefined)?.properties ?? {})

/**
 * What would be written by a service is written about things that nobody knows; and a restored copy
 * would take back what the rest of the run stands on.
 */
const isStrange = (name: string) => name === 'id' || name.endsWith('_id')

const leaving = /^(users\.delete(Me|User)|auth\.deleteCredentials|page \/account\/settings)$/

function routeDraft (target: Target & { is: 'route' }): fc.Arbitrary<Draft> {
  const { route } = target.served
  const actor = leaving.test(target.name) && route.access === 'user'
    ? fc.constantFrom<ActorName>('leaver', 'nobody') : actorFor(route.access)
  const is_written_inside = target.served.name === 'restoreBackup' ||
    (route.access === 'internal' && route.method !== 'GET')
  const params = Object.fromEntries(propertiesOf(route.params as TSchema).map(([name, schema]) =>
    [name, is_written_inside && isStrange(name) ? fc.uuid()
      : leaving.test(target.name) ? fc.nat(3).map(number => new Lookup('leaver', number))
      : valueOf(schema, name, route.path)]))
  const query = Object.fromEntries(propertiesOf(route.query as TSchema).map(([name, schema]) =>
    [name, valueOf(schema, name, route.path)]))
  const required = (route.query as { required?: string[] } | undefined)?.required ?? []
  const body = route.body ? valueOf(route.body as TSchema, 'body', route.path)
    : fc.constant(undefined)
  return fc.record({
    target: fc.constant(target), actor,
    with_cookie: route.access === 'internal' ? fc.constant(false) : fc.boolean(),
    params: fc.record(params), query: fieldsOf(query, required), body,
    posts: fc.constant(false), data: fc.constant(false),
    key: route.idempotent ? fc.option(fc.nat(30), { freq: 4 }) : fc.constant(null),
    twist: maybeTwist,
  })
}

/** What a form's field is called tells nearly what it takes. */
function formValue (name: string, intents: string[]): fc.Arbitrary<unknown> {
  if (name === 'intent') return fc.constantFrom(...intents, 'x')
  if (name === 'next') return fc.constantFrom('/', '/account/tickets', '//evil.example', '/%2f', '/\\x')
  const known: Record<string, fc.Arbitrary<unknown>> = {
    email: fc.nat(3).map(n => new Lookup('email', n)), token: fc.nat(3).map(n => new Lookup('link_token', n)),
    password: fc.constant('correct horse battery'), currency: fc.constant('EUR'),
    timezone: fc.constant('Europe/Paris'), locale: fc.constantFrom('en', 'fr'),
    starts_at: fc.constant('2030-03-01T10:00'), ends_at: fc.constant('2030-03-01T12:00'),
  }
  return fc.oneof(
    { weight: 3, arbitrary: known[name] ?? fc.constantFrom('1', '2', 'Words', 'on', '10.00') },
    { weight: 1, arbitrary: fc.constantFrom(...oddTexts) })
}

function pageDraft (target: Target & { is: 'page' }): fc.Arbitrary<Draft> {
  const kinds: Record<string, string> = { slug: 'slug', event_id: 'event', order_id: 'order' }
  const params = Object.fromEntries([...target.path.matchAll(/:(\w+)/g)].map(([, name]) => {
    const kind = kinds[name!] ?? (target.path.startsWith('/organizer') ? 'event'
      : target.path.startsWith('/orders/:id') ? 'order'
      : target.path.includes('mailbox') ? 'mail' : 'ticket')
    return [name!, /^(file|category|part)$/.test(name!)
      ? fc.constantFrom('music.svg', 'pdf', 'ticket.pdf', 'calendar.ics', 'html', 'text', '0')
      : fc.nat(4).map(number => new Lookup(kind, number))]
  }))
  const form = Object.fromEntries(target.fields.map(name =>
    [name, formValue(name, target.intents)]))
  return fc.record({
    target: fc.constant(target), with_cookie: fc.constant(true),
    actor: fc.constantFrom<ActorName>(...leaving.test(target.name) ? ['leaver' as const] : people),
    params: fc.record(params), query: fc.dictionary(
      fc.constantFrom('q', 'next', 'token', 'cursor', 'from', 'tickets', 'status', 'lang', 'category'),
      fc.oneof(fc.constantFrom(...oddTexts), fc.constantFrom('1', '/', 'music')), { maxKeys: 2 }),
    body: fc.record(form, { requiredKeys: [] }),
    posts: target.acts ? fc.boolean() : fc.constant(false),
    data: fc.nat(3).map(n => n === 0), key: fc.constant(null), twist: maybeTwist,
  })
}

/** How often a route is asked, compared with others: what takes seconds of work, less. */
const weights: Record<string, number> = {
  createBackup: 0.02, verifyBackup: 0.05, restoreBackup: 0.2, exportRoute: 0.05,
  importRoute: 0.1, register: 0.3, login: 0.4, changePassword: 0.3, resetPassword: 0.3,
  verifyEmail: 0.3, deleteCredentials: 0.3, confirm: 0.3, healthRoute: 0.2, readyRoute: 0.2,
  personalDataRoute: 0.2, listDeadLettersRoute: 0.3, retryDeadLetterRoute: 0.3, getTicketPdf: 0.4,
  getOrderPdf: 0.4, placeOrder: 4, startPayment: 2, createTicketType: 2,
}
/** A page is twenty times the work of an answer of the API. */
const page_weight = 0.15

export const draftFor = (targets: readonly Target[]): fc.Arbitrary<Draft> =>
  fc.oneof(...targets.map(target => ({
    weight: 100 * (target.is === 'page' ? page_weight : weights[target.served.name] ?? 1),
    arbitrary: target.is === 'page' ? pageDraft(target) : routeDraft(target),
  })))

const app_folder = fileURLToPath(new URL('../../../apps/web/app/', import.meta.url))

/** Source of a page, with the files of its folder that it is made of. */
function sourceOf (file: string): string {
  const source = readFileSync(join(app_folder, file), 'utf8')
  const parts = [...source.matchAll(/from '(\.\/[\w./-]+\.tsx)'/g)].map(([, path]) =>
    readFileSync(join(app_folder, dirname(file), path!), 'utf8'))
  return [source, ...parts].join('\n')
}

export async function pageTargets (): Promise<Target[]> {
  return (await listPatterns()).map(({ file, path }) => {
    const source = sourceOf(file)
    const all = (pattern: RegExp) =>
      [...new Set([...source.matchAll(pattern)].map(match => match[1]!))]
    return { is: 'page' as const, name: `page ${path}`, path,
      fields: all(/\bname="([\w.]+)"/g).slice(0, 25),
      intents: all(/name="intent" value="(\w+)"/g),
      acts: /export (?:async )?function action\b|export (?:const|\{) action/.test(source) }
  })
}

export const routeTargets = (routes: readonly ServedRoute[]): Target[] => routes.map(served =>
  ({ is: 'route' as const, name: `${served.service}.${served.name}`, served }))
