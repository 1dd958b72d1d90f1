import { Type, type Static, type TObject, type TSchema } from 'typebox'
import type { ServiceName } from './services.ts'

/**
 * Who may call a route. Every route names one; there is no default.
 *
 * - `public`: anyone. A token may be sent and must then be valid.
 * - `user`: any signed-in person.
 * - `owner`: a signed-in person or an order's own access token, for what belongs to them;
 *   what belongs to others does not exist for them (404).
 * - `organizer`: role `event_creator` (for what belongs to their organiser, else 404) or `admin`.
 * - `operator`: role `operator` or `admin`.
 * - `admin`: role `admin`.
 * - `internal`: one of the services that `callers` names, with a service token.
 */
export type Access = 'public' | 'user' | 'owner' | 'organizer' | 'operator' | 'admin' | 'internal'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** An expected failure with a stable type. Extension members are named in `extensions`. */
export interface ProblemDefinition<X extends TObject = TObject> {
  /**
   * URI reference by which programs recognise it, as in RFC 9457, e.g. `/problems/orders/sold-out`.
   */
  type: string
  status: number
  title: string
  extensions?: X
}

/** @param slug `<service>/<kebab-case>`, never changed once released */
export function defineProblem<X extends TObject = TObject> (
  slug: string, status: number, title: string, extensions?: X
): ProblemDefinition<X> {
  return { type: `/problems/${slug}`, status, title, extensions }
}

/**
 * At most `max` requests in `per_seconds`, counted by the network of the client's address (an IPv6
 * /64 is one), or by account as well.
 */
export interface RateLimit { max: number, per_seconds: number, by: 'address' | 'account' }

/** The success replies of a route: one schema for each status. */
export type Replies = Record<number, TSchema>

export interface Route<
  P extends TObject = TObject,
  Q extends TObject = TObject,
  B extends TSchema = TSchema,
  R extends Replies = Replies,
> {
  method: Method
  /** With `{name}` for each path parameter, as OpenAPI writes it. */
  path: string
  /**
   * Names that older texts give to it: the same method and parameters, answered the same, left out
   * of the API page.
   */
  aliases?: readonly string[]
  access: Access
  /** Of an internal route: the services that have business there; no other is admitted. */
  callers?: readonly ServiceName[]
  /** One line for the API page. */
  summary: string
  /** What a caller needs to know beyond the summary. */
  description?: string
  params?: P
  query?: Q
  body?: B
  reply: R
  problems: readonly ProblemDefinition[]
  /** Accepts `Idempotency-Key`: same key and body, the first answer again; other body, 422. */
  idempotent?: boolean
  /**
   * What a stolen or forgotten login must not be enough for: the caller has to have proven again,
   * a moment ago, who they are. `true`: always, and the platform refuses before the operation is
   * asked; `sometimes`: the operation decides, by `requireConfirmed`.
   */
  step_up?: true | 'sometimes'
  /** Open also to an administrator who has yet to set up the second factor that is required. */
  while_enrolling?: true
  /**
   * Answered to somebody on this machine alone, whichever proxies are trusted; for anybody else
   * there is nothing (404).
   */
  this_machine_only?: true
  /**
   * The answer says nothing of a person, whoever asks, so its operation decides how long caches
   * keep it. Every other answer is `no-store`.
   */
  same_for_all?: true
  /**
   * Answered when the work is done, however long it takes; any other route is within ten seconds.
   */
  takes_its_time?: true
  /** A POST that changes nothing: what it asks for would not fit into an address. */
  only_asks?: boolean
  rate_limit?: RateLimit
  /** Bytes; the default is `default_body_limit_bytes`. */
  body_limit_bytes?: number
  /** The body arrives as the exact bytes that were sent, for signature checks. */
  raw_body?: boolean
}

export const default_body_limit_bytes = 64 * 1024

/** Any route, where its shapes do not matter. */
export type AnyRoute = Route<any, any, any, any>

/**
 * Declares a route. Objects in params, query and body are closed: a field that is not declared is
 * refused, so nobody can set a column by guessing its name.
 */
export function defineRoute<
  const R extends Replies,
  P extends TObject = TObject<{}>,
  Q extends TObject = TObject<{}>,
  B extends TSchema = TSchema,
> (route: Route<P, Q, B, R>): Route<P, Q, B, R> {
  if ((route.access === 'internal') !== Boolean(route.callers?.length)) throw new Error(
    `${route.method} ${route.path}: an internal route, and no other, names its callers`)
  if (route.same_for_all && route.access !== 'public') throw new Error(
    `${route.method} ${route.path}: what not everybody may ask is not the same for all`)
  return {
    ...route,
    params: route.params && closeObjects(route.params),
    query: route.query && closeObjects(route.query),
    body: route.body && closeObjects(route.body),
  }
}

/** A copy of the schema in which every object refuses fields it does not declare. */
export function closeObjects<S> (schema: S): S {
  if (Array.isArray(schema)) return schema.map(closeObjects) as S
  if (schema === null || typeof schema !== 'object') return schema
  // TypeBox marks its schemas with hidden properties; a copy without them could still check, but no
  // longer convert.
  const copy = Object.defineProperties({}, Object.getOwnPropertyDescriptors(schema)) as Record<
    string,
    unknown
  >
  for (const [key, value] of Object.entries(schema)) copy[key] = closeObjects(value)
  if (copy.type === 'object' && copy.properties && copy.additionalProperties === undefined)
    copy.additionalProperties = false
  return copy as S
}

export type ParamsOf<R extends AnyRoute> = R extends Route<infer P, any, any, any> ? Static<P>
  : never
export type QueryOf<R extends AnyRoute> = R extends Route<any, infer Q, any, any> ? Static<Q>
  : never
export type BodyOf<R extends AnyRoute> = R extends Route<any, any, infer B, any> ? Static<B> : never
/** Any of the route's success bodies. */
export type ReplyOf<R extends AnyRoute> = R extends Route<any, any, any, infer S>
  ? { [K in keyof S]: S[K] extends TSchema ? Static<S[K]> : never }[keyof S]
  : never

/** A reply that is not JSON: bytes or text of one media type, e.g. `raw('application/pdf')`. */
export function raw (media_type: string) {
  return Type.Unsafe<Uint8Array | string>({
    type: 'string',
    format: 'binary',
    contentMediaType: media_type,
  })
}

/** The media type of a `raw` schema; undefined for JSON. */
export const mediaTypeOf = (schema: TSchema) =>
  (schema as { contentMediaType?: string }).contentMediaType

/** For replies without a body (204). */
export const Empty = Type.Null()

/** Something that happened, named in the past tense and versioned: `orders.order_completed.v1`. */
export interface EventDefinition<S extends TSchema = TSchema> {
  /** `<publishing service>.<what_happened>.v<n>`; the same string is the message subject. */
  type: string
  data: S
}

export function defineEvent<S extends TSchema> (type: string, data: S): EventDefinition<S> {
  return { type, data }
}

export type DataOf<E extends EventDefinition> = Static<E['data']>
