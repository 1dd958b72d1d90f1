import type { Readable } from 'node:stream'
import type {
  AnyRoute, BodyOf, DataOf, EventDefinition, ParamsOf, QueryOf, ReplyOf
} from '@fermata/contracts/define'
import type { MadeSince, RestoreNote } from '@fermata/contracts/platform'
import type { ServiceName } from '@fermata/contracts/services'
import type { FastifyInstance } from 'fastify'
import type pg from 'pg'
import type { Static, TObject } from 'typebox'
import type { CallInput } from './call.ts'
import type { Caller } from './caller.ts'
import type { Db, Tx } from './database.ts'
import type { Asked, EarlyAnswer } from './early-answers.ts'
import type { Job, JobOptions, Timer } from './jobs.ts'
import type { Log } from './log.ts'
import type { EventHandler, Subscription } from './messages.ts'
import type { HttpMetrics } from './metrics.ts'
import type { PersonalDataMap } from './personal-data.ts'
import type { PlatformSettings } from './platform-settings.ts'
import type { Problem } from './problem.ts'
import type { Statements } from './statements.ts'
import type { Tokens } from './tokens.ts'
import type { Cause, Tracing } from './tracing.ts'

/**
 * A request as an operation receives it: validated against its contract, its sender admitted by the
 * route's policy.
 */
export interface Request<R extends AnyRoute = AnyRoute> {
  params: ParamsOf<R>
  query: QueryOf<R>
  body: BodyOf<R>
  caller: Caller
  /** Goes through calls, events and logs; with the span at work, where the request is traced. */
  id: Cause
  /** The client's address, as the proxies that are trusted report it. */
  ip: string
  headers: Record<string, string | string[] | undefined>
  /** Set when the route is idempotent and the caller sent a key. */
  idempotency: Idempotency | null
  method: string
}

export interface Idempotency {
  /** The caller and the route; the same key of another caller is another key. */
  scope: string
  key: string
  /** SHA-256 of the body. */
  fingerprint: Buffer
  /** The status to store with the reply. */
  status: number
}

/** A reply with a status or headers of its own; most operations return the body alone. */
export interface Reply<B> {
  status?: number, headers?: Record<string, string | string[]>, body: B, [isReply]: true
}

export const isReply = Symbol('reply')

/** @param options.status needed only where the route has several success statuses */
export const reply = <B>(
  body: B, options: { status?: number, headers?: Record<string, string | string[]> } = {}
): Reply<B> =>
  ({ body, ...options, [isReply]: true })

/** One behaviour of a service. */
export type Operation<R extends AnyRoute, C> = (
  ctx: C, request: Request<R>
) => Promise<ReplyOf<R> | Reply<ReplyOf<R>>>

/**
 * What every operation, handler and job is given. `S`: the service's settings; `R`: what it made at
 * start.
 */
export interface Context<S = {}, R = {}> {
  service: ServiceName
  db: Db
  pool: pg.Pool
  log: Log
  settings: PlatformSettings & S
  tokens: Tokens
  /** Counters of the whole process; a service may add its own. */
  metrics: HttpMetrics
  tracing: Tracing
  /** Of Fermata, as it was released. */
  version: string
  /** What the service's `start` returned. */
  resources: R
  /**
   * Runs `work` in a READ COMMITTED transaction; events published in it leave as soon as it has
   * committed.
   */
  transaction: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>
  /** Tells who waits for what `tx` writes, once `transaction` has committed it; each only once. */
  afterCommit: (tx: Tx, wake: () => void) => void
  /**
   * The transaction of an idempotent route: key and reply commit with the work, so a repetition
   * gets the first answer and a concurrent twin waits for it.
   */
  write: <B>(request: Request<any>, work: (tx: Tx) => Promise<B>) => Promise<B>
  /**
   * Writes events to the outbox, in the transaction of the change they tell of.
   * @param request_id what caused them: one for all, or one for each
   */
  publish: <E extends EventDefinition>(
    tx: Tx, event: E, data: DataOf<E>[],
    request_id?: string | (string | null)[]) => Promise<void>
  /** Tells the relay that outbox rows were committed outside `transaction`. */
  wakeRelay: () => void
  addJob: (tx: Tx, name: string, payload: unknown, options?: JobOptions) => Promise<void>
  /**
   * Asks another service, in this process or over HTTP, and returns the body of its answer.
   * @throws Problem the other service's own, or `request/unavailable` when it does not answer in
   * time
   */
  call: <R extends AnyRoute>(route: R, input: CallInput<R>) => Promise<ReplyOf<R>>
  /**
   * Asks another service where the body or the answer is too large to hold; it may take its time.
   * The answer must be read or destroyed.
   */
  callStream: <R extends AnyRoute>(
    route: R, input: Omit<CallInput<R>, 'body'>, body?: Readable
  ) => Promise<Readable>
}

export interface RouteOptions<C = any> {
  /**
   * Who answers a key that was used before: the platform, from the stored reply (the default), or
   * the operation itself, where the reply holds a secret that is not stored or a look-up for each
   * request would cost too much.
   */
  idempotency?: 'platform' | 'operation'
  /** Looks at the text of a body before it is read, and says why it need not be. */
  refuse?: (ctx: C, body: string) => Problem | null
  /** What a crowd asks all the time may be answered before the request is a request. */
  early?: (ctx: C, asked: Asked) => EarlyAnswer | null
}

/** A route and the operation behind it. */
export interface BoundRoute<C> extends RouteOptions<C> {
  route: AnyRoute
  /** Of any route: one list holds them all. */
  operation: Operation<any, C>
}

/** Binds a contract's route to its operation; a reply that does not fit does not compile. */
export const route = <R extends AnyRoute, C>(
  contract: R, operation: Operation<R, C>, options: RouteOptions<C> = {}
): BoundRoute<C> =>
  ({ route: contract, operation, ...options })

export interface ServiceDefinition<C = any> {
  name: ServiceName
  /** The folder of its own migrations; absent when it has no tables besides the platform's. */
  migrations?: URL
  /** What it keeps about people; absent when it keeps nothing. */
  personal_data?: PersonalDataMap
  /** What it states of its tables, to be compared with what other services state. */
  statements?: Statements
  /** The service's settings, read from the environment. */
  settings?: TObject
  routes: BoundRoute<C>[]
  /**
   * Whether a person without the role works for somebody here, and so may call routes of operators.
   * Absent: the role alone admits them.
   */
  hasStaff?: (ctx: C, user_id: string) => Promise<boolean>
  subscriptions?: Subscription<C>[]
  jobs?: Job<C, any>[]
  timers?: Timer<C>[]
  /**
   * Makes what operations share (a queue, a client); runs after migrations and before the first
   * request.
   */
  start?: (ctx: C) => Promise<C extends Context<any, infer R> ? R : never>
  /** Ends what `start` made; runs after the last request. */
  stop?: (ctx: C) => Promise<void>
  /**
   * What must not come back with a copy, or happen twice because of one. Runs in the transaction of
   * the restore, as the database's owner.
   */
  afterRestore?: (db: Db) => Promise<RestoreNote[]>
  /** What it has made since a moment, for who is about to lose it: all whose ids are not smaller. */
  madeSince?: (db: Db, first_id: string) => Promise<MadeSince>
  /** Database connections at most (default 4). */
  max_connections?: number
  /** Routes that no contract can describe, such as static pages; registered inside the service. */
  plugin?: Plugin<C>
}

/** Adds what no contract describes to the service's part of the server. */
export type Plugin<C> = (app: FastifyInstance, ctx: C) => Promise<void>

/** Declares a service: its table of contents. */
export const defineService = <C extends Context<any, any>>(
  definition: ServiceDefinition<C>
): ServiceDefinition<C> => definition

/** The settings a schema describes, for a service's context type. */
export type SettingsOf<S extends TObject> = Static<S>
export type { EventHandler as Handler }
