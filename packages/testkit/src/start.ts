import { randomBytes } from 'node:crypto'
import type { AnyRoute, ParamsOf, QueryOf, ReplyOf } from '@fermata/contracts/define'
import type { Role } from '@fermata/contracts/fields'
import { uuidv7 } from '@fermata/platform/ids'
import type { ProblemBody } from '@fermata/platform/problem'
import type { Context, ServiceDefinition } from '@fermata/platform/service'
import { fixedKeys } from '@fermata/platform/person-keys'
import type { Environment } from '@fermata/platform/settings'
import { startSystem, type System } from '@fermata/platform/system'
import { createTokens } from '@fermata/platform/tokens'
import { checkAnswer } from './check-answer.ts'
import { createTestDatabase } from './postgres.ts'

/** Who sends a test's request; nobody when absent. */
export interface As {
  token?: string, cookie?: string, key?: string, headers?: Record<string, string>
}

export type Input<R extends AnyRoute> = {
  params?: ParamsOf<R>, query?: QueryOf<R>, body?: unknown
} & As

export interface Answer<R extends AnyRoute> {
  status: number
  /** The reply of a success; of a failure, `problem` has it. */
  body: ReplyOf<R>
  problem: ProblemBody & { errors?: { field: string, message: string }[] }
  bytes: Buffer
  headers: Record<string, string | string[] | number | undefined>
}

export interface TestSystem {
  system: System
  /** Sends a request through the whole HTTP stack of the process. */
  send: <R extends AnyRoute>(route: R, input?: Input<R>) => Promise<Answer<R>>
  /** The token of a person who signed in just now; roles default to `user`. */
  personToken: (
    person?: Partial<{
      user_id: string, roles: Role[], login_id: string, email: string, email_verified: boolean,
      confirmed_at_s: number, must_enroll: boolean
    }>
  ) => Promise<string>
  orderToken: (order_id: string) => string
  serviceToken: (to: ServiceDefinition['name'], from?: string) => Promise<string>
  /** The context of one of the running services: its database, its settings. */
  context: <C extends Context = Context>(service: ServiceDefinition['name']) => C
  /** Waits until a question has an answer, asking every 20 ms. */
  eventually: <T>(ask: () => Promise<T | undefined | null | false>, what?: string) => Promise<T>
  database_url: string
  stop: () => Promise<void>
}

export const testSecrets = () => ({
  JWT_EXTERNAL_SIGNATURE: randomBytes(32).toString('hex'),
  JWT_INTERNAL_SIGNATURE: randomBytes(32).toString('hex'),
  ORDER_SIGNATURE: randomBytes(32).toString('hex'),
  TICKET_SIGNATURE: randomBytes(32).toString('hex'),
  SECOND_FACTOR_SECRET: randomBytes(32).toString('hex'),
  BACKUP_KEY: randomBytes(32).toString('hex'),
})

/** A login can be made here whichever services run: the test stands in for auth. */
function tokensOf (environment: Environment) {
  const secrets = environment as Environment & Parameters<typeof createTokens>[0]
  const tokens = createTokens(secrets)
  return { tokens, person_keys: fixedKeys(tokens.jwks().keys) }
}

/**
 * Starts services together as one process does, on a database of their own. Call `stop` when done.
 * @param database_url of another system, to stand beside it as a second process would
 * @param event_handlers who handles the test's own events, when other processes do
 */
export async function startTestSystem (
  services: ServiceDefinition[], environment: Record<string, string> = {}, database_url?: string,
  event_handlers?: Record<string, readonly string[]>
): Promise<TestSystem> {
  const database = database_url === undefined
    ? await createTestDatabase()
    : { url: database_url, drop: () => Promise.resolve() }
  const full = {
    NODE_ENV: 'test', LOG_LEVEL: 'error', RATE_LIMITS: 'off', ...testSecrets(), ...environment,
  }
  const { tokens, person_keys } = tokensOf(full)
  const system = await startSystem({
    services, environment: full, person_keys,
    databaseUrl: () => database.url,
    event_handlers,
  })
  await system.app.ready()
  return {
    system,
    database_url: database.url,
    send: (route, input = {}) => send(system, route, input) as never,
    personToken: person => tokens.signAccess({
      user_id: uuidv7(), roles: ['user'], login_id: uuidv7(), email: 'ann@example.com',
      email_verified: true, confirmed_at_s: Math.floor(Date.now() / 1000), ...person }),
    orderToken: order_id => tokens.signOrder(order_id),
    serviceToken: (to, from = 'gateway') => tokens.signInternal(from, to),
    context: service => system.contexts.get(service) as never,
    eventually,
    async stop () {
      await system.stop()
      await database.drop()
    },
  }
}

async function send (
  system: System, route: AnyRoute, input: Input<AnyRoute>
): Promise<Answer<AnyRoute>> {
  const {
    params = {}, query = {}, body, token, cookie, key, headers = {}
  } = input as Input<AnyRoute> & {
    params?: Record<string, unknown>, query?: Record<string, unknown> }
  const path = route.path.replace(
    /\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name]))
  )
  const answer = await system.app.inject({
    method: route.method as 'GET',
    url: path,
    query: Object.fromEntries(
      Object.entries(query).flatMap(
        ([name, value]) => value === undefined ? [] : [[name, String(value)]]
      )
    ),
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...(cookie && { cookie }),
      ...(key && { 'idempotency-key': key }), ...headers },
    payload: body as object | undefined,
  })
  const json = /[/+]json/.test(String(answer.headers['content-type'])) && answer.payload !== ''
    ? JSON.parse(answer.payload) as never
    : undefined
  if (json !== undefined) checkAnswer(route, answer.statusCode, json)
  return {
    status: answer.statusCode, body: json as never, problem: json as never,
    bytes: answer.rawPayload, headers: answer.headers
  }
}

export async function eventually<T> (
  ask: () => Promise<T | undefined | null | false>, what = 'the expected state', within_ms = 25_000
): Promise<T> {
  const deadline = performance.now() + within_ms
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (performance.now() > deadline) throw new Error(`Waited ${within_ms} ms for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
