import {
  mediaTypeOf, type AnyRoute, type BodyOf, type ParamsOf, type ProblemDefinition, type QueryOf,
} from '@fermata/contracts/define'
import { unavailable } from '@fermata/contracts/problems'
import { services, type ServiceName } from '@fermata/contracts/services'
import { Problem, type ProblemBody } from './problem.ts'
import type { Tokens } from './tokens.ts'

/** A service that has not answered by then is treated as away: our caller is waiting too. */
const call_timeout_ms = 5000

type Field<K extends string, T> = [unknown] extends [T] ? {} : {} extends T ? { [P in K]?: T } : { [P in K]: T }

/** The parts of a request that a route declares. */
export type CallInput<R extends AnyRoute> =
  Field<'params', ParamsOf<R>> & Field<'query', QueryOf<R>> & Field<'body', BodyOf<R>> & { request_id?: string }

interface HttpAnswer { status: number, bytes: Uint8Array }
/** Sends one request to a service, wherever it runs. */
export type Transport = (request: { method: string, path: string, headers: Record<string, string>, body?: string }) => Promise<HttpAnswer>

/** The service that answers a path. */
export function serviceOf (path: string): ServiceName {
  const internal = /^\/internal\/([a-z]+)/.exec(path)?.[1]
  if (internal) return internal as ServiceName
  const owners = Object.entries(services).flatMap(([name, { prefixes }]) =>
    prefixes.filter(prefix => path === prefix || path.startsWith(`${prefix}/`)).map(prefix => ({ name, length: prefix.length })))
  const owner = owners.sort((a, b) => b.length - a.length)[0]
  if (!owner) throw new Error(`No service answers ${path}`)
  return owner.name as ServiceName
}

export function createCall (from: ServiceName, tokens: Tokens, transportTo: (service: ServiceName) => Transport) {
  return async (route: AnyRoute, input: CallInput<AnyRoute>): Promise<unknown> => {
    const { params = {}, query = {}, body, request_id } = input as {
      params?: Record<string, unknown>, query?: Record<string, unknown>, body?: unknown, request_id?: string }
    const to = serviceOf(route.path)
    const headers: Record<string, string> = {}
    // What is public is asked as anybody would; a service's token opens only what is internal.
    if (route.access === 'internal') headers.authorization = `Bearer ${await tokens.signInternal(from, to)}`
    if (request_id) headers['x-request-id'] = request_id
    if (body !== undefined) headers['content-type'] = 'application/json'
    const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])))
    const search = new URLSearchParams(Object.entries(query).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, String(value)] as [string, string]])).toString()
    const request = { method: route.method, path: search ? `${path}?${search}` : path, headers,
      body: body === undefined ? undefined : JSON.stringify(body) }
    return read(route, await send(transportTo(to), request, to))
  }
}

async function send (transport: Transport, request: Parameters<Transport>[0], to: ServiceName): Promise<HttpAnswer> {
  try {
    return await transport(request)
  } catch (error) {
    throw new Problem(unavailable, `The ${to} service did not answer.`, { headers: { 'retry-after': '2' }, extensions: { cause: String(error) } })
  }
}

function read (route: AnyRoute, answer: HttpAnswer): unknown {
  const text = () => Buffer.from(answer.bytes).toString()
  if (answer.status >= 200 && answer.status < 300) {
    const schema = route.reply[answer.status]
    // A file: as it came, for text would break a PDF.
    if (schema && mediaTypeOf(schema)) return answer.bytes
    return answer.bytes.length === 0 ? null : JSON.parse(text())
  }
  const body = parseProblem(text())
  if (!body || answer.status >= 500 || answer.status === 401) {
    throw new Problem(unavailable, `${route.method} ${route.path} answered ${answer.status}.`, { headers: { 'retry-after': '2' } })
  }
  const { type, title, status, detail, ...extensions } = body
  const definition: ProblemDefinition = route.problems.find(known => known.type === type) ?? { type, title, status }
  throw new Problem(definition, detail, { extensions })
}

function parseProblem (text: string): ProblemBody | null {
  try {
    const body = JSON.parse(text) as ProblemBody
    return typeof body.type === 'string' ? body : null
  } catch {
    return null
  }
}

/** Over HTTP, to a service in another process. */
export const httpTransport = (base_url: string): Transport => async ({ method, path, headers, body }) => {
  const answer = await fetch(base_url + path, { method, headers, body, signal: AbortSignal.timeout(call_timeout_ms) })
  return { status: answer.status, bytes: await answer.bytes() }
}
